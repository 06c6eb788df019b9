import type { Logger } from '@nestjs/common';
import { ResponseStore } from '@parley/persistence';
import type { DataSource } from 'typeorm';
import { startLoop, type Loop } from './loop.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Removes stored responses past the retention, every hour; 0 days = none are removed. */
export function forgetResponses(dataSource: DataSource, retentionDays: number, logger: Logger): Loop {
  const responses = new ResponseStore(dataSource);
  return startLoop(
    HOUR_MS,
    async () => {
      if (retentionDays === 0) return;
      const removed = await responses.deleteBefore(new Date(Date.now() - retentionDays * DAY_MS));
      if (removed > 0) logger.log(`Stored responses removed: ${removed}`);
    },
    logger,
  );
}
