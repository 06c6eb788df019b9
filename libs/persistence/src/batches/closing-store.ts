import type { BatchStatus } from '@parley/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { newFileId } from './identifiers.ts';
import { MAX_LOST_LEASES } from './item-store.ts';
import { queryRows } from './query.ts';
import { addToCounters } from './result-store.ts';

type Ending = 'completed' | 'expired' | 'cancelled';

export type ClosedBatch = {
  ending: Ending;
  /** Items that ended with the batch, without an answer. */
  unanswered: number;
  /** From the creation of the batch to its end. */
  durationSeconds: number;
};

type ClosingRow = {
  id: string;
  owner_key_id: string;
  status: BatchStatus;
  accepted: boolean;
  overdue: boolean;
  output_expires_after_s: number | null;
};

/** What the error file says of an item that was never answered. */
const NEVER_RUN = {
  expired: { code: 'batch_expired', message: 'The completion window ended before this request was answered.' },
  cancelled: { code: 'batch_cancelled', message: 'The batch was cancelled before this request was answered.' },
} as const;
const POISON = {
  code: 'item_abandoned',
  message: `The worker that ran this request died, ${MAX_LOST_LEASES} times in a row.`,
};

/**
 * Ends batches: every accepted item gets its line in one of the two files, then the files appear and the status becomes
 * final, all in one transaction. An item that a cancelled or expired batch never answered gets an error line and counts
 * as failed, so that the counts equal the files and add up to the total however a batch ends.
 */
export class ClosingStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Batches that have nothing left to run. */
  async listClosable(): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      this.#dataSource,
      `SELECT id FROM batches
        WHERE status IN ('finalizing', 'cancelling')
           OR (status IN ('validating', 'in_progress') AND expires_at <= clock_timestamp())
        ORDER BY position LIMIT 100`,
    );
    return rows.map(({ id }) => id);
  }

  /** Ends the batch if it is finished, cancelled or overdue and nothing of it runs any more; undefined: it did not. */
  async close(batchId: string): Promise<ClosedBatch | undefined> {
    return this.#dataSource.transaction(async (manager) => {
      const [batch] = await queryRows<ClosingRow>(
        manager,
        `SELECT id, owner_key_id, status, in_progress_at IS NOT NULL AS accepted,
                expires_at <= clock_timestamp() AS overdue, output_expires_after_s
           FROM batches WHERE id = $1 FOR NO KEY UPDATE`,
        [batchId],
      );
      const ending = batch && endingOf(batch);
      if (!ending || (await hasRunningItems(manager, batchId))) return undefined;
      const isCut = ending !== 'completed' && batch.accepted;
      const unanswered = isCut ? await failItems(manager, batchId, NEVER_RUN[ending]) : 0;
      await manager.query('DELETE FROM batch_items WHERE batch_id = $1', [batchId]);
      const outputFileId = await addFile(manager, batch, 'output');
      const errorFileId = await addFile(manager, batch, 'error');
      const [closed] = await queryRows<{ durationSeconds: number }>(
        manager,
        `UPDATE batches SET status = $2, ${ending}_at = clock_timestamp(), output_file_id = $3, error_file_id = $4
          WHERE id = $1
         RETURNING extract(epoch FROM clock_timestamp() - created_at)::float8 AS "durationSeconds"`,
        [batchId, ending, outputFileId, errorFileId],
      );
      return { ending, unanswered, durationSeconds: closed!.durationSeconds };
    });
  }

  /** Ends the items whose workers died again and again, so that they do not stop their batches for ever. Says how many. */
  async failPoisonItems(): Promise<number> {
    const rows = await queryRows<{ batch_id: string }>(
      this.#dataSource,
      `SELECT DISTINCT batch_id FROM batch_items WHERE state = 'pending' AND lost_leases > 0 AND lost_leases >= $1`,
      [MAX_LOST_LEASES],
    );
    let failed = 0;
    for (const { batch_id } of rows) {
      failed += await this.#dataSource.transaction(async (manager) => {
        await manager.query('SELECT FROM batches WHERE id = $1 FOR NO KEY UPDATE', [batch_id]);
        return failItems(manager, batch_id, POISON, MAX_LOST_LEASES);
      });
    }
    return failed;
  }
}

function endingOf({ status, overdue }: ClosingRow): Ending | undefined {
  if (status === 'finalizing') return 'completed';
  if (status === 'cancelling') return 'cancelled';
  return overdue && (status === 'validating' || status === 'in_progress') ? 'expired' : undefined;
}

async function hasRunningItems(manager: EntityManager, batchId: string): Promise<boolean> {
  const rows = await queryRows(manager, `SELECT FROM batch_items WHERE batch_id = $1 AND state = 'leased' LIMIT 1`, [
    batchId,
  ]);
  return rows.length > 0;
}

/** Gives each waiting item its line in the error file, and says how many. The caller holds the batch's lock. */
async function failItems(
  manager: EntityManager,
  batchId: string,
  error: { code: string; message: string },
  minimumLostLeases = 0,
): Promise<number> {
  const [row] = await queryRows<{ failed: number }>(
    manager,
    `WITH ended AS (
       UPDATE batch_items SET state = 'done'
        WHERE batch_id = $1 AND state = 'pending' AND lost_leases >= $2 RETURNING line, custom_id
     ), inserted AS (
       INSERT INTO batch_results (batch_id, custom_id, line, ok, content)
       SELECT $1, custom_id, line, false, json_build_object(
                'id', 'batch_req_' || replace(gen_random_uuid()::text, '-', ''),
                'custom_id', custom_id, 'response', NULL, 'error', $3::json)::text
         FROM ended ON CONFLICT DO NOTHING RETURNING 1
     )
     SELECT count(*)::integer AS failed FROM inserted`,
    [batchId, minimumLostLeases, JSON.stringify(error)],
  );
  const { failed } = row!;
  await addToCounters(manager, batchId, { completed: 0, failed });
  return failed;
}

/** Adds the file over the results of one kind; none where there are no results. */
async function addFile(manager: EntityManager, batch: ClosingRow, kind: 'output' | 'error'): Promise<string | null> {
  const [row] = await queryRows<{ id: string }>(
    manager,
    `INSERT INTO files (id, owner_key_id, filename, purpose, bytes, uploaded_at, expires_at, batch_id, kind)
     SELECT $1, $2, $3, 'batch_output', sum(octet_length(content) + 1), clock_timestamp(),
            clock_timestamp() + make_interval(secs => $4), $5, $6
       FROM batch_results WHERE batch_id = $5 AND ok = ($6 = 'output') HAVING count(*) > 0 RETURNING id`,
    [newFileId(), batch.owner_key_id, `${batch.id}_${kind}.jsonl`, batch.output_expires_after_s, batch.id, kind],
  );
  return row?.id ?? null;
}
