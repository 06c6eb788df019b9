import {
  BATCH_LIMITS,
  GatewayError,
  invalidRequest,
  type BatchEndpoint,
  type BatchObject,
  type BatchProblem,
  type BatchStatus,
} from '@parley/contracts';
import type { DataSource } from 'typeorm';
import { FILE_EXISTS, notFound, toUnixSeconds } from './file-store.ts';
import { isIdentifier, newBatchId } from './identifiers.ts';
import { readPage, type Page, type PageRequest } from './page.ts';
import { queryRows } from './query.ts';

export type NewBatch = {
  ownerKeyId: string;
  inputFileId: string;
  endpoint: BatchEndpoint;
  metadata: Record<string, string> | null;
  /** How long output and error files live after the batch ends; null: until they are deleted. */
  outputExpiresAfterS: number | null;
};

type BatchRow = {
  id: string;
  endpoint: BatchEndpoint;
  input_file_id: string;
  completion_window: string;
  metadata: Record<string, string> | null;
  status: BatchStatus;
  errors: BatchProblem[] | null;
  output_file_id: string | null;
  error_file_id: string | null;
  total: number;
  completed: number;
  failed: number;
  created_at: Date;
} & Record<TimeColumn, Date | null>;

const TIME_COLUMNS = [
  'in_progress_at',
  'expires_at',
  'finalizing_at',
  'completed_at',
  'failed_at',
  'expired_at',
  'cancelling_at',
  'cancelled_at',
] as const;
type TimeColumn = (typeof TIME_COLUMNS)[number];

const COLUMNS = [
  'id, endpoint, input_file_id, completion_window, metadata, status, errors, output_file_id, error_file_id',
  'total, completed, failed, created_at',
  ...TIME_COLUMNS,
].join(', ');

/** The batches of OpenAI's Batch API as their owners see them. A foreign batch does not exist. */
export class BatchStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * Adds a batch in the state `validating`. The row itself is the order to the workers: a lost wake-up only delays it.
   * Throws `invalid_request` for a file that the owner does not have, or that is no input.
   */
  async create(batch: NewBatch): Promise<BatchObject> {
    if (!isIdentifier(batch.inputFileId)) throw unknownInput();
    return this.#dataSource.transaction(async (manager) => {
      // The lock keeps the file from being deleted before the batch is there to protect it.
      const [file] = await queryRows<{ purpose: string }>(
        manager,
        `SELECT purpose FROM files WHERE id = $1 AND owner_key_id = $2 AND ${FILE_EXISTS} FOR SHARE`,
        [batch.inputFileId, batch.ownerKeyId],
      );
      if (!file) throw unknownInput();
      if (file.purpose !== 'batch') throw invalidRequest('input_file_id', 'must be a file with the purpose "batch"');
      const [row] = await queryRows<BatchRow>(
        manager,
        `INSERT INTO batches (id, owner_key_id, endpoint, input_file_id, completion_window, output_expires_after_s,
                metadata, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(hours => $8)) RETURNING ${COLUMNS}`,
        [
          newBatchId(),
          batch.ownerKeyId,
          batch.endpoint,
          batch.inputFileId,
          `${BATCH_LIMITS.windowHours}h`,
          batch.outputExpiresAfterS,
          batch.metadata === null ? null : JSON.stringify(batch.metadata),
          BATCH_LIMITS.windowHours,
        ],
      );
      return toBatchObject(row!);
    });
  }

  /** Throws `not_found`. */
  async get(ownerKeyId: string, id: string): Promise<BatchObject> {
    if (!isIdentifier(id)) throw notFound('batch', id);
    const [row] = await queryRows<BatchRow>(
      this.#dataSource,
      `SELECT ${COLUMNS} FROM batches WHERE id = $1 AND owner_key_id = $2`,
      [id, ownerKeyId],
    );
    if (!row) throw notFound('batch', id);
    return toBatchObject(row);
  }

  /** Newest first. */
  async list(ownerKeyId: string, page: Omit<PageRequest, 'order'>): Promise<Page<BatchObject>> {
    const source = { table: 'batches', columns: COLUMNS, ownerKeyId } as const;
    const { rows, hasMore } = await readPage<BatchRow>(this.#dataSource, source, { ...page, order: 'desc' });
    return { rows: rows.map(toBatchObject), hasMore };
  }

  /**
   * Stops a batch: no item is started after this returns. Items that run are given a few seconds, then the workers close
   * the batch. Cancelling again changes nothing. Throws `not_found`, or `conflict` when the batch has ended otherwise.
   */
  async cancel(ownerKeyId: string, id: string): Promise<BatchObject> {
    if (!isIdentifier(id)) throw notFound('batch', id);
    await this.#dataSource.query(
      `UPDATE batches SET status = 'cancelling', cancelling_at = clock_timestamp()
        WHERE id = $1 AND owner_key_id = $2 AND status IN ('validating', 'in_progress')`,
      [id, ownerKeyId],
    );
    const batch = await this.get(ownerKeyId, id);
    if (batch.status !== 'cancelling' && batch.status !== 'cancelled') {
      throw new GatewayError('conflict', { values: { problem: `the batch is already ${batch.status}` } });
    }
    return batch;
  }
}

const unknownInput = () => invalidRequest('input_file_id', 'is not the id of one of your files');

function toBatchObject(row: BatchRow): BatchObject {
  const time = (column: TimeColumn): number | null => {
    const date = row[column];
    return date === null ? null : toUnixSeconds(date);
  };
  return {
    id: row.id,
    object: 'batch',
    endpoint: row.endpoint,
    errors: row.errors === null ? null : { object: 'list', data: row.errors },
    input_file_id: row.input_file_id,
    completion_window: row.completion_window,
    status: row.status,
    output_file_id: row.output_file_id,
    error_file_id: row.error_file_id,
    created_at: toUnixSeconds(row.created_at),
    in_progress_at: time('in_progress_at'),
    expires_at: time('expires_at'),
    finalizing_at: time('finalizing_at'),
    completed_at: time('completed_at'),
    failed_at: time('failed_at'),
    expired_at: time('expired_at'),
    cancelling_at: time('cancelling_at'),
    cancelled_at: time('cancelled_at'),
    request_counts: { total: row.total, completed: row.completed, failed: row.failed },
    metadata: row.metadata,
  };
}
