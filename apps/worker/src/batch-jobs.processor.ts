import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import { QUEUES, type BatchJob, type BatchJobName } from '@parley/contracts';
import { createQueueErrorLog } from '@parley/persistence';
import type { Job } from 'bullmq';
import { BatchWorker } from './batch-worker.service.ts';
import { BatchTelemetry } from './telemetry/batch-telemetry.ts';

/** Enough for the wake-ups of several batches while files are validated. */
const PARALLEL_JOBS = 8;

/**
 * Hears the wake-ups. A job ends as soon as the batch is taken up, so a dying worker leaves no job behind that others
 * would have to wait for; and a stalled one may be delivered again as often as it likes.
 */
@Processor(QUEUES.batches, { concurrency: PARALLEL_JOBS, maxStalledCount: 1_000 })
export class BatchJobsProcessor extends WorkerHost {
  readonly #batches: BatchWorker;
  readonly #logError = createQueueErrorLog(new Logger('BatchJobs'));

  readonly #telemetry: BatchTelemetry;

  constructor(batches: BatchWorker, telemetry: BatchTelemetry) {
    super();
    this.#batches = batches;
    this.#telemetry = telemetry;
  }

  override async process(job: Job<BatchJob, void, BatchJobName>): Promise<void> {
    const { batchId } = job.data;
    await this.#telemetry.observeJob(job, async () => {
      if (job.name === 'validate') await this.#batches.validate(batchId);
      else this.#batches.work(batchId);
    });
  }

  @OnWorkerEvent('stalled')
  onStalled(): void {
    this.#telemetry.countStalledJob();
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.#logError(error);
  }
}
