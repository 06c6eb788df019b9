import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import { QUEUES, type BatchJob, type BatchJobName } from '@parley/contracts';
import { createQueueErrorLog } from '@parley/persistence';
import type { Job } from 'bullmq';
import { BatchWorker } from './batch-worker.service.ts';

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

  constructor(batches: BatchWorker) {
    super();
    this.#batches = batches;
  }

  override async process(job: Job<BatchJob, void, BatchJobName>): Promise<void> {
    const { batchId } = job.data;
    if (job.name === 'validate') await this.#batches.validate(batchId);
    else this.#batches.work(batchId);
  }

  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.#logError(error);
  }
}
