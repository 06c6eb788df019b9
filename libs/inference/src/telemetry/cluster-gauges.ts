import type { BatchStatus } from '@parley/contracts';
import {
  countBatches,
  countPartitionDaysAhead,
  type BatchQueueDepth,
  type DataSource,
  type QueueDepth,
} from '@parley/persistence';
import type { Metrics } from './metrics.ts';

/** Often enough for a scrape every 15 s, and rare enough for many replicas that ask for the same. */
const INTERVAL_MS = 12_000;

export type ClusterSources = {
  readQueue: () => Promise<QueueDepth>;
  countBatches: () => Promise<Record<BatchStatus, number>>;
  countPartitionDaysAhead: () => Promise<number>;
};

/** The sources of a process. */
export const clusterSources = (queue: BatchQueueDepth, dataSource: DataSource): ClusterSources => ({
  readQueue: () => queue.read(),
  countBatches: () => countBatches(dataSource),
  countPartitionDaysAhead: () => countPartitionDaysAhead(dataSource, new Date()),
});

/**
 * Keeps the gauges of what all processes share up to date, until they are stopped: never on the path of a scrape, and each
 * source by itself, so that one that hangs holds up no other. Every process reports the same, so that a backlog is seen
 * also when no worker is there: read them with max(), not sum().
 * What cannot be read is told to `onProblem`, and its gauge keeps its last value.
 */
export function startClusterGauges(
  metrics: Metrics,
  sources: ClusterSources,
  onProblem: (error: unknown) => void,
): { stop(): void } {
  const stops = [
    repeat(async () => {
      const { queue, jobs, oldestWaitingSeconds } = await sources.readQueue();
      for (const [state, count] of Object.entries(jobs)) metrics.queueJobs.set({ queue, state }, count);
      metrics.queueOldestWaitingSeconds.set({ queue }, oldestWaitingSeconds);
    }, onProblem),
    repeat(async () => {
      for (const [status, count] of Object.entries(await sources.countBatches()))
        metrics.batches.set({ status }, count);
    }, onProblem),
    repeat(async () => metrics.usagePartitionDaysAhead.set(await sources.countPartitionDaysAhead()), onProblem),
  ];
  return { stop: () => stops.forEach((stop) => stop()) };
}

/** Now, and again an interval after each end. Returns what stops it. */
function repeat(task: () => Promise<void>, onProblem: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const run = async (): Promise<void> => {
    await task().catch(onProblem);
    if (!isStopped) timer = setTimeout(() => void run(), INTERVAL_MS).unref();
  };
  void run();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
