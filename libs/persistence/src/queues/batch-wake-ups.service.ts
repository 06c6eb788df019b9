import { InjectQueue } from '@nestjs/bullmq';
import { Injectable, Logger } from '@nestjs/common';
import { QUEUES, type BatchJob, type BatchJobName } from '@parley/contracts';
import type { Queue } from 'bullmq';
import { createQueueErrorLog } from './queue-errors.ts';

/** As many idle workers hear at once that a batch has work. */
const WAKE_UPS = 4;

/** Tells the workers that a batch needs them. Nothing depends on it but speed: workers also look by themselves. */
@Injectable()
export class BatchWakeUps {
  readonly #logger = new Logger('BatchWakeUps');
  readonly #queue: Queue<BatchJob, void, BatchJobName>;

  constructor(@InjectQueue(QUEUES.batches) queue: Queue<BatchJob, void, BatchJobName>) {
    this.#queue = queue;
    queue.on('error', createQueueErrorLog(this.#logger));
  }

  /** Returns at once; a queue that is down is no error of the caller. */
  send(name: BatchJobName, batchId: string): void {
    // One worker validates; several may work.
    const slots = name === 'validate' ? [0] : Array.from({ length: WAKE_UPS }, (_, slot) => slot);
    const jobs = slots.map((slot) => ({
      name,
      data: { batchId, slot },
      // The same wake-up twice in the queue is one wake-up.
      opts: { jobId: `${name}-${batchId}-${slot}`, removeOnComplete: true, removeOnFail: true },
    }));
    this.#queue.addBulk(jobs).catch((error: unknown) => {
      this.#logger.warn(`No wake-up for ${batchId}: ${String(error)}`);
    });
  }
}
