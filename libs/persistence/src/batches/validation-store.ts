import { randomUUID } from 'node:crypto';
import type { BatchEndpoint, BatchProblem } from '@parley/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { queryRows } from './query.ts';

/** How long a validation may show no sign of life before another worker may start it anew. */
const LEASE_S = 5;

/** The right to validate one batch, until another worker takes it over. */
export type Validation = { batchId: string; token: string; endpoint: BatchEndpoint; inputFileId: string };

/** One accepted line; `body` is the JSON text of its `body`, as uploaded. */
export type NewItem = { line: number; customId: string; body: string };

/** Thrown when the batch was cancelled, or another worker has taken the validation over: what this one found is void. */
export class ValidationLost extends Error {
  override readonly name = 'ValidationLost';
}

/**
 * Turns an input file into items, once. A worker that dies midway leaves items behind; its successor removes them and
 * starts again, and the token keeps the dead one's late writes out.
 */
export class ValidationStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Batches that wait for a validation that nobody is doing, oldest first. */
  async listWaiting(): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      this.#dataSource,
      `SELECT id FROM batches
        WHERE status = 'validating' AND (validation_until IS NULL OR validation_until < clock_timestamp())
          AND expires_at > clock_timestamp()
        ORDER BY position LIMIT 20`,
    );
    return rows.map(({ id }) => id);
  }

  /** Undefined when there is nothing to validate, or another worker is at it. */
  async claim(batchId: string): Promise<Validation | undefined> {
    return this.#dataSource.transaction(async (manager) => {
      const token = randomUUID();
      const [row] = await queryRows<{ endpoint: BatchEndpoint; input_file_id: string }>(
        manager,
        `UPDATE batches SET validation_token = $2, validation_until = clock_timestamp() + make_interval(secs => $3)
          WHERE id = $1 AND status = 'validating'
            AND (validation_until IS NULL OR validation_until < clock_timestamp())
          RETURNING endpoint, input_file_id`,
        [batchId, token, LEASE_S],
      );
      if (!row) return undefined;
      await removeItems(manager, batchId);
      return { batchId, token, endpoint: row.endpoint, inputFileId: row.input_file_id };
    });
  }

  /** Adds items, possibly none, and prolongs the claim. */
  async append(validation: Validation, items: NewItem[]): Promise<void> {
    await this.#dataSource.transaction(async (manager) => {
      await change(manager, validation, 'validation_until = clock_timestamp() + make_interval(secs => $3)', [LEASE_S]);
      if (items.length === 0) return;
      await manager.query(
        `INSERT INTO batch_items (batch_id, line, custom_id, body)
         SELECT $1, line, custom_id, body
           FROM unnest($2::integer[], $3::text[], $4::text[]) AS item (line, custom_id, body)`,
        [
          validation.batchId,
          items.map(({ line }) => line),
          items.map(({ customId }) => customId),
          items.map(({ body }) => body),
        ],
      );
    });
  }

  /** Opens the batch for work. */
  async accept(validation: Validation, total: number): Promise<void> {
    await change(
      this.#dataSource.manager,
      validation,
      `status = 'in_progress', in_progress_at = clock_timestamp(), total = $3`,
      [total],
    );
  }

  /** Refuses the whole batch: none of its items stays. */
  async refuse(validation: Validation, problems: BatchProblem[]): Promise<void> {
    await this.#dataSource.transaction(async (manager) => {
      await change(manager, validation, `status = 'failed', failed_at = clock_timestamp(), errors = $3`, [
        JSON.stringify(problems),
      ]);
      await removeItems(manager, validation.batchId);
    });
  }
}

async function change(
  manager: EntityManager,
  { batchId, token }: Validation,
  assignments: string,
  values: unknown[],
): Promise<void> {
  const rows = await queryRows(
    manager,
    `UPDATE batches SET ${assignments} WHERE id = $1 AND validation_token = $2 AND status = 'validating' RETURNING id`,
    [batchId, token, ...values],
  );
  if (rows.length === 0) throw new ValidationLost();
}

async function removeItems(manager: EntityManager, batchId: string): Promise<void> {
  await manager.query('DELETE FROM batch_items WHERE batch_id = $1', [batchId]);
}
