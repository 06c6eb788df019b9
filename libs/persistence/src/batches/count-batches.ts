import { BATCH_STATUSES, type BatchStatus } from '@parley/contracts';
import { queryRows, type Database } from './query.ts';

/** How many batches there are, for every status. */
export async function countBatches(database: Database): Promise<Record<BatchStatus, number>> {
  const rows = await queryRows<{ status: BatchStatus; count: number }>(
    database,
    'SELECT status, count(*)::integer AS count FROM batches GROUP BY status',
  );
  const none = Object.fromEntries(BATCH_STATUSES.map((status) => [status, 0])) as Record<BatchStatus, number>;
  return Object.assign(none, Object.fromEntries(rows.map(({ status, count }) => [status, count])));
}
