import type { BatchStatus } from '@parley/contracts';
import { queryRows, type Database } from './query.ts';

/** How many batches there are of each status that any has. */
export function countBatches(database: Database): Promise<{ status: BatchStatus; count: number }[]> {
  return queryRows(database, 'SELECT status, count(*)::integer AS count FROM batches GROUP BY status');
}
