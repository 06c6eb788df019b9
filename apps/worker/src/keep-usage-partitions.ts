import type { Logger } from '@nestjs/common';
import { maintainUsagePartitions } from '@parley/persistence';
import type { DataSource } from 'typeorm';
import { startLoop, type Loop } from './loop.ts';

const HOUR_MS = 3_600_000;

/**
 * Makes the partitions of the usage table ahead of time and drops the old ones, now and every hour. Whatever fails waits
 * for the next time: meanwhile the DEFAULT partition takes the rows.
 */
export function keepUsagePartitions(dataSource: DataSource, retentionDays: number, logger: Logger): Loop {
  const maintain = async (): Promise<void> => {
    const { created, dropped } = await maintainUsagePartitions(dataSource, { now: new Date(), retentionDays });
    if (created.length > 0) logger.log(`Usage partitions made: ${created.join(', ')}`);
    if (dropped.length > 0) logger.log(`Usage partitions dropped: ${dropped.join(', ')}`);
  };
  maintain().catch((error: unknown) => logger.warn(`The usage partitions are looked after later: ${String(error)}`));
  return startLoop(HOUR_MS, maintain, logger);
}
