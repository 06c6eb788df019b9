import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { BATCH_STATUSES, type BatchStatus } from '@parley/contracts';
import { Registry } from 'prom-client';
import { startClusterGauges } from './cluster-gauges.ts';
import { createMetrics } from './metrics.ts';

const NO_BATCHES = Object.fromEntries(BATCH_STATUSES.map((status) => [status, 0])) as Record<BatchStatus, number>;

describe('the gauges of what all processes share', () => {
  it('show each source by itself: one that hangs or fails holds up no other', async () => {
    const registry = new Registry();
    const problems: unknown[] = [];
    const gauges = startClusterGauges(
      createMetrics(registry),
      {
        readQueue: () => new Promise(() => undefined),
        countBatches: () => Promise.resolve({ ...NO_BATCHES, in_progress: 3 }),
        countPartitionDaysAhead: () => Promise.reject(new Error('Postgres is away')),
      },
      (error) => problems.push(error),
    );
    await sleep(10);
    gauges.stop();
    const text = await registry.metrics();
    expect(text).toContain('parley_batches{status="in_progress"} 3');
    expect(text).toContain('parley_batches{status="completed"} 0');
    expect(problems).toEqual([new Error('Postgres is away')]);
  });

  it('show the jobs of each state and the age of the oldest', async () => {
    const registry = new Registry();
    const gauges = startClusterGauges(
      createMetrics(registry),
      {
        readQueue: () => Promise.resolve({ queue: 'q', jobs: { waiting: 2, active: 1 }, oldestWaitingSeconds: 7.5 }),
        countBatches: () => Promise.resolve(NO_BATCHES),
        countPartitionDaysAhead: () => Promise.resolve(7),
      },
      () => undefined,
    );
    await sleep(10);
    gauges.stop();
    const text = await registry.metrics();
    expect(text).toContain('parley_queue_jobs{queue="q",state="waiting"} 2');
    expect(text).toContain('parley_queue_oldest_waiting_seconds{queue="q"} 7.5');
    expect(text).toContain('parley_usage_partition_days_ahead 7');
  });
});
