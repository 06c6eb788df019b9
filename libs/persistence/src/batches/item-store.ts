import { randomUUID } from 'node:crypto';
import type { BatchEndpoint } from '@parley/contracts';
import type { DataSource } from 'typeorm';
import { queryRows } from './query.ts';

/** An item is free again this long after its worker's last sign of life. */
export const ITEM_LEASE_MS = 4_000;
/** Leases of one item that may end without a word before it is held to be what kills its workers. */
export const MAX_LOST_LEASES = 5;
/** What runs when its batch is cancelled or expires gets this long to finish. */
const STOP_GRACE_S = 3;
/** Leases that one sweep takes back. */
const SWEEP_LIMIT = 1_000;

/** Names an item under one lease. The token fences: a worker that lost its lease cannot write any more. */
export type Lease = { batchId: string; line: number; token: string };

export type LeasedItem = Lease & {
  customId: string;
  ownerKeyId: string;
  endpoint: BatchEndpoint;
  /** The JSON text of the line's `body`, as uploaded. */
  body: string;
  /** Tries that ended in a retryable failure. */
  attempts: number;
};

const LEASES = 'unnest($1::text[], $2::integer[], $3::uuid[]) AS held (batch_id, line, token)';
const HOLDS = `item.batch_id = held.batch_id AND item.line = held.line AND item.lease_token = held.token`;
const leaseArrays = (leases: Lease[]) => [
  leases.map(({ batchId }) => batchId),
  leases.map(({ line }) => line),
  leases.map(({ token }) => token),
];

/**
 * Who works on which item. Times are Postgres's own, so the clocks of the workers do not matter. Every statement that
 * holds several items skips those that another one holds, so none of them can deadlock.
 */
export class ItemStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Batches with items that could be leased now, oldest first. */
  async listWorkable(): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      this.#dataSource,
      `SELECT id FROM batches
        WHERE status = 'in_progress' AND expires_at > clock_timestamp() AND EXISTS (
          SELECT FROM batch_items item WHERE item.batch_id = batches.id AND item.state = 'pending'
             AND item.next_attempt_at <= clock_timestamp() AND item.lost_leases < $1)
        ORDER BY position LIMIT 100`,
      [MAX_LOST_LEASES],
    );
    return rows.map(({ id }) => id);
  }

  /** Leases up to `limit` items of a running batch that are due, in the order of their lines. */
  async lease(batchId: string, limit: number): Promise<LeasedItem[]> {
    const token = randomUUID();
    // The shared lock on the batch makes a cancellation wait for this statement, or this statement see the cancellation.
    const rows = await queryRows<{
      line: number;
      custom_id: string;
      owner_key_id: string;
      endpoint: BatchEndpoint;
      body: string;
      attempts: number;
    }>(
      this.#dataSource,
      `WITH batch AS (
         SELECT id, owner_key_id, endpoint FROM batches
          WHERE id = $1 AND status = 'in_progress' AND expires_at > clock_timestamp() FOR SHARE
       ), picked AS (
         SELECT item.line FROM batch_items item JOIN batch ON batch.id = item.batch_id
          WHERE item.state = 'pending' AND item.next_attempt_at <= clock_timestamp() AND item.lost_leases < $5
          ORDER BY item.line LIMIT $2 FOR UPDATE OF item SKIP LOCKED
       )
       UPDATE batch_items item
          SET state = 'leased', lease_token = $3, lease_until = clock_timestamp() + $4 * interval '1 millisecond'
         FROM picked, batch WHERE item.batch_id = $1 AND item.line = picked.line
       RETURNING item.line, item.custom_id, item.body, item.attempts, batch.owner_key_id, batch.endpoint`,
      [batchId, limit, token, ITEM_LEASE_MS, MAX_LOST_LEASES],
    );
    return rows
      .map((row) => ({
        batchId,
        line: row.line,
        token,
        customId: row.custom_id,
        ownerKeyId: row.owner_key_id,
        endpoint: row.endpoint,
        body: row.body,
        attempts: row.attempts,
      }))
      .toSorted((one, other) => one.line - other.line);
  }

  /**
   * Prolongs leases. Gives those still held; `stop` says that the batch was cancelled or has expired and the time to
   * finish is over. A lease whose result is being written at this moment may be absent.
   */
  async renew(leases: Lease[]): Promise<(Lease & { stop: boolean })[]> {
    const rows = await queryRows<{ batch_id: string; line: number; token: string; stop: boolean }>(
      this.#dataSource,
      `WITH picked AS (
         SELECT item.batch_id, item.line FROM batch_items item JOIN ${LEASES} ON ${HOLDS} FOR UPDATE OF item SKIP LOCKED
       )
       UPDATE batch_items item SET lease_until = clock_timestamp() + $4 * interval '1 millisecond'
         FROM picked JOIN batches batch ON batch.id = picked.batch_id
        WHERE item.batch_id = picked.batch_id AND item.line = picked.line
       RETURNING item.batch_id, item.line, item.lease_token AS token,
         clock_timestamp() > least(batch.cancelling_at, batch.expires_at) + make_interval(secs => $5) AS stop`,
      [...leaseArrays(leases), ITEM_LEASE_MS, STOP_GRACE_S],
    );
    return rows.map(({ batch_id, ...row }) => ({ batchId: batch_id, ...row }));
  }

  /** Gives items back at once, as if they had never been leased. */
  async release(leases: Lease[]): Promise<void> {
    await this.#dataSource.query(
      `UPDATE batch_items item SET state = 'pending', lease_token = NULL, lease_until = NULL FROM ${LEASES} WHERE ${HOLDS}`,
      leaseArrays(leases),
    );
  }

  /** Gives an item back, to be leased again after the delay. `countsAsTry`: it was tried and failed. */
  async retryLater(lease: Lease, delayMs: number, countsAsTry = true): Promise<void> {
    await this.#dataSource.query(
      `UPDATE batch_items item
          SET state = 'pending', lease_token = NULL, lease_until = NULL, attempts = attempts + $5, lost_leases = 0,
              next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond'
         FROM ${LEASES} WHERE ${HOLDS}`,
      [...leaseArrays([lease]), delayMs, countsAsTry ? 1 : 0],
    );
  }

  /** Takes back the leases of workers that gave no sign of life. Gives how many. */
  async takeBackExpired(): Promise<number> {
    const rows = await queryRows(
      this.#dataSource,
      `WITH expired AS (
         SELECT batch_id, line FROM batch_items
          WHERE state = 'leased' AND lease_until < clock_timestamp()
          ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED
       )
       UPDATE batch_items item
          SET state = 'pending', lease_token = NULL, lease_until = NULL, lost_leases = lost_leases + 1
         FROM expired WHERE item.batch_id = expired.batch_id AND item.line = expired.line RETURNING item.line`,
      [SWEEP_LIMIT],
    );
    return rows.length;
  }
}
