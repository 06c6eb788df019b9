import type { DataSource, EntityManager } from 'typeorm';
import type { UsageRow } from '../usage/types.ts';
import type { Lease } from './item-store.ts';
import { queryRows } from './query.ts';

/** How an item ended. */
export type ItemResult = Lease & {
  customId: string;
  /** True: the line belongs into the output file; false: into the error file. */
  ok: boolean;
  statusCode: number;
  requestId: string;
  /** The line of the output or error file, without its newline. */
  content: string;
  /** Handed to `RecordUsage` in the same transaction; null: there is nothing to record. */
  usage: UsageRow | null;
};

export type StoredResults = {
  /** In no particular order. */
  stored: ItemResult[];
  /** Batches that have nothing left to run: to be closed. */
  finishedBatchIds: string[];
};

/** Writes the usage rows of results within the transaction of those results. */
export type RecordUsage = (manager: EntityManager, rows: UsageRow[]) => Promise<void>;

/**
 * Stores results exactly once: in one transaction the item leaves its lease, the result is added, its usage is recorded
 * and the counters of its batch move; the last item of a batch moves it to `finalizing`. A result whose lease was lost is
 * dropped without a trace.
 */
export class ResultStore {
  readonly #dataSource: DataSource;
  readonly #recordUsage: RecordUsage;

  constructor(dataSource: DataSource, recordUsage: RecordUsage) {
    this.#dataSource = dataSource;
    this.#recordUsage = recordUsage;
  }

  async store(results: ItemResult[]): Promise<StoredResults> {
    return this.#dataSource.transaction(async (manager) => {
      const batchIds = [...new Set(results.map(({ batchId }) => batchId))];
      // Whoever changes the counters of batches locks them first and in this order: no deadlock, and a batch is closed
      // either before these results or after them.
      await manager.query(`SELECT FROM batches WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE`, [batchIds]);
      const held = await finishItems(manager, results);
      const stored = held.length === 0 ? [] : await insertResults(manager, held);
      const usages = stored.map(({ usage }) => usage).filter((usage) => usage !== null);
      if (usages.length > 0) await this.#recordUsage(manager, usages);
      const finishedBatchIds: string[] = [];
      for (const batchId of batchIds) {
        const own = stored.filter((result) => result.batchId === batchId);
        const completed = own.filter(({ ok }) => ok).length;
        const isLast = await addToCounters(manager, batchId, { completed, failed: own.length - completed });
        if (isLast) finishedBatchIds.push(batchId);
      }
      return { stored, finishedBatchIds };
    });
  }
}

/** Ends the items that are still under the lease of their result, and gives those results. */
async function finishItems(manager: EntityManager, results: ItemResult[]): Promise<ItemResult[]> {
  const rows = await queryRows<{ index: number }>(
    manager,
    `UPDATE batch_items item SET state = 'done', lease_token = NULL, lease_until = NULL
       FROM unnest($1::text[], $2::integer[], $3::uuid[]) WITH ORDINALITY AS held (batch_id, line, token, number)
      WHERE item.batch_id = held.batch_id AND item.line = held.line AND item.lease_token = held.token
     RETURNING held.number::integer - 1 AS index`,
    [results.map(({ batchId }) => batchId), results.map(({ line }) => line), results.map(({ token }) => token)],
  );
  return rows.map(({ index }) => results[index]!);
}

async function insertResults(manager: EntityManager, results: ItemResult[]): Promise<ItemResult[]> {
  const rows = await queryRows<{ batchId: string; line: number }>(
    manager,
    `INSERT INTO batch_results (batch_id, custom_id, line, ok, status_code, request_id, content)
     SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::boolean[], $5::integer[], $6::text[], $7::text[])
     ON CONFLICT DO NOTHING RETURNING batch_id AS "batchId", line`,
    [
      results.map(({ batchId }) => batchId),
      results.map(({ customId }) => customId),
      results.map(({ line }) => line),
      results.map(({ ok }) => ok),
      results.map(({ statusCode }) => statusCode),
      results.map(({ requestId }) => requestId),
      results.map(({ content }) => content),
    ],
  );
  const inserted = new Set(rows.map(({ batchId, line }) => `${batchId} ${line}`));
  return results.filter(({ batchId, line }) => inserted.has(`${batchId} ${line}`));
}

/**
 * Moves the counters; a running batch whose last item this was moves to `finalizing`. Says whether it did. The caller
 * holds the batch's lock.
 */
export async function addToCounters(
  manager: EntityManager,
  batchId: string,
  { completed, failed }: { completed: number; failed: number },
): Promise<boolean> {
  const [row] = await queryRows<{ last: boolean }>(
    manager,
    `UPDATE batches SET completed = completed + $2, failed = failed + $3,
            status = CASE WHEN last THEN 'finalizing' ELSE status END,
            finalizing_at = CASE WHEN last THEN clock_timestamp() ELSE finalizing_at END
       FROM (SELECT status = 'in_progress' AND completed + failed + $2 + $3 = total AS last
               FROM batches WHERE id = $1) AS progress
      WHERE id = $1 RETURNING last`,
    [batchId, completed, failed],
  );
  return row?.last ?? false;
}
