import { QUEUES } from '@parley/contracts';
import type { Metrics } from '@parley/inference';
import type { ClosedBatch } from '@parley/persistence';

const queue = QUEUES.batches;

/** Turns what happens to jobs and batches into metrics. Counts only what is stored, so that repeats count once. */
export class BatchTelemetry {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Runs a job. `timestamp`: when it was added, in Unix milliseconds. */
  async observeJob({ timestamp }: { timestamp: number }, run: () => Promise<void>): Promise<void> {
    // Added by another process: its clock may be ahead of this one.
    this.#metrics.queueWaitSeconds.observe({ queue }, Math.max(0, Date.now() - timestamp) / 1_000);
    const startedAtMs = performance.now();
    let outcome: 'completed' | 'failed' = 'failed';
    try {
      await run();
      outcome = 'completed';
    } finally {
      this.#metrics.jobs.inc({ queue, outcome });
      this.#metrics.jobDurationSeconds.observe({ queue, outcome }, (performance.now() - startedAtMs) / 1_000);
    }
  }

  countStalledJob(): void {
    this.#metrics.jobs.inc({ queue, outcome: 'stalled' });
  }

  countItems(outcome: 'completed' | 'failed' | 'expired' | 'cancelled', count: number): void {
    this.#metrics.batchItems.inc({ outcome }, count);
  }

  noteClosed({ ending, unanswered, durationSeconds }: ClosedBatch): void {
    this.#metrics.batchCompletionSeconds.observe(durationSeconds);
    if (ending !== 'completed') this.countItems(ending, unanswered);
  }
}
