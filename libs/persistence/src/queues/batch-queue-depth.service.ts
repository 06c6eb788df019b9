import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { QUEUES } from '@parley/contracts';
import type { Queue } from 'bullmq';

const STATES = ['waiting', 'prioritized', 'active', 'delayed', 'failed'] as const;

export type QueueDepth = {
  queue: string;
  jobs: Record<string, number>;
  /** How long the oldest waiting job has waited; 0: none waits. */
  oldestWaitingSeconds: number;
};

/** How much waits in the queue, over all processes. */
@Injectable()
export class BatchQueueDepth {
  readonly #queue: Queue;

  constructor(@InjectQueue(QUEUES.batches) queue: Queue) {
    this.#queue = queue;
  }

  /** Waits for a backend that is away: not to be awaited where somebody else waits. */
  async read(): Promise<QueueDepth> {
    const jobs = await this.#queue.getJobCounts(...STATES);
    const [oldest] = await this.#queue.getWaiting(0, 0);
    // The job's time is another machine's: a clock that is ahead must not make a negative age.
    const oldestWaitingSeconds = oldest ? Math.max(0, Date.now() - oldest.timestamp) / 1_000 : 0;
    return { queue: QUEUES.batches, jobs, oldestWaitingSeconds };
  }
}
