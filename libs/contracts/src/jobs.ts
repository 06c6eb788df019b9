/** The queues. A job only wakes a worker and carries ids: Postgres holds the truth, so a lost or doubled job is harmless. */
export const QUEUES = { batches: 'parley-batches' } as const;

export type BatchJobName = 'validate' | 'work';

/** `slot` tells apart the parallel wake-ups of one batch. */
export type BatchJob = { batchId: string; slot: number };
