import { BATCH_LIMITS, GatewayError, invalidRequest, type FileObject } from '@parley/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { isIdentifier, newFileId } from './identifiers.ts';
import { readPage, type Page, type PageRequest } from './page.ts';
import { queryRows, type Database } from './query.ts';

/** Files are kept in pieces of this size: small enough for memory, large enough to make few rows. */
const CHUNK_BYTES = 512 * 1024;
/** An upload that takes longer is held to have broken off. */
const UPLOAD_HOURS = 6;
/** Result lines read from Postgres at a time while a file is streamed. */
const LINES_PER_READ = 100;

/** What a multipart form tells before, between or after the bytes. */
export type NewFile = { ownerKeyId: string; filename: string; expiresAfterS: number | null };

type FileRow = {
  id: string;
  bytes: string;
  created_at: Date;
  expires_at: Date | null;
  filename: string;
  purpose: FileObject['purpose'];
  batch_id: string | null;
  kind: 'output' | 'error' | null;
};

const COLUMNS = 'id, bytes, created_at, expires_at, filename, purpose, batch_id, kind';
/** Holds for files that callers can see. */
export const FILE_EXISTS = 'uploaded_at IS NOT NULL AND (expires_at IS NULL OR expires_at > now())';
const LIVE = `('validating', 'in_progress', 'finalizing', 'cancelling')`;

/** The files of OpenAI's Files API. Every method is scoped to an owner: a foreign file does not exist. */
export class FileStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * Stores the pieces that `content` brings. The file exists when all of them are there; when `content` throws, nothing
   * stays. `describe` is asked after the last byte, because the fields of a form may follow its file; it throws to refuse.
   */
  async create(content: AsyncIterable<Uint8Array>, describe: () => NewFile): Promise<FileObject> {
    const id = newFileId();
    // No transaction spans the upload: a slow caller must hold neither a connection of the pool nor Postgres's vacuum.
    await this.#dataSource.query(
      `INSERT INTO files (id, owner_key_id, filename, purpose, bytes) VALUES ($1, '', '', 'batch', 0)`,
      [id],
    );
    try {
      const bytes = await storeChunks(this.#dataSource, id, content);
      const file = describe();
      if (bytes === 0) throw invalidRequest('file', 'is empty');
      const [row] = await queryRows<FileRow>(
        this.#dataSource,
        `UPDATE files SET owner_key_id = $2, filename = $3, bytes = $4, created_at = now(), uploaded_at = now(),
                expires_at = now() + make_interval(secs => $5)
          WHERE id = $1 RETURNING ${COLUMNS}`,
        [id, file.ownerKeyId, file.filename, bytes, file.expiresAfterS],
      );
      return toFileObject(row!);
    } catch (error) {
      // If this fails too, or the process dies before, `deleteExpired` removes the pieces.
      await this.#dataSource.query('DELETE FROM files WHERE id = $1', [id]).catch(() => undefined);
      throw error;
    }
  }

  async list(ownerKeyId: string, page: PageRequest & { purpose?: string }): Promise<Page<FileObject>> {
    const { rows, hasMore } = await readPage<FileRow>(
      this.#dataSource,
      {
        table: 'files',
        columns: COLUMNS,
        ownerKeyId,
        condition: `($4::text IS NULL OR purpose = $4) AND ${FILE_EXISTS}`,
        values: [page.purpose ?? null],
      },
      page,
    );
    return { rows: rows.map(toFileObject), hasMore };
  }

  /** Throws `not_found`. */
  async get(ownerKeyId: string, id: string): Promise<FileObject> {
    return toFileObject(await this.#find(ownerKeyId, id));
  }

  /** The file and its bytes, read piece by piece while they are consumed. Throws `not_found` before the first byte. */
  async open(ownerKeyId: string, id: string): Promise<{ file: FileObject; content: AsyncIterable<Buffer> }> {
    const row = await this.#find(ownerKeyId, id);
    const content =
      row.batch_id === null ? this.readChunks(id) : this.#readResults(row.batch_id, row.kind === 'output');
    return { file: toFileObject(row), content };
  }

  /** Throws `not_found`, or `conflict` while an unfinished batch reads the file. */
  async delete(ownerKeyId: string, id: string): Promise<void> {
    if (!isIdentifier(id)) throw notFound('file', id);
    await this.#dataSource.transaction(async (manager) => {
      const [row] = await queryRows<FileRow>(
        manager,
        `SELECT ${COLUMNS} FROM files WHERE id = $1 AND owner_key_id = $2 AND ${FILE_EXISTS} FOR UPDATE`,
        [id, ownerKeyId],
      );
      if (!row) throw notFound('file', id);
      const [user] = await queryRows<{ id: string }>(
        manager,
        `SELECT id FROM batches WHERE input_file_id = $1 AND status IN ${LIVE} LIMIT 1`,
        [id],
      );
      if (user) throw new GatewayError('conflict', { values: { problem: `the file is used by ${user.id}` } });
      await removeFile(manager, row);
    });
  }

  /** Removes what has passed its `expires_at` and is not read by an unfinished batch, and uploads that broke off. */
  async deleteExpired(): Promise<void> {
    await this.#dataSource.transaction(async (manager) => {
      const rows = await queryRows<FileRow>(
        manager,
        `SELECT ${COLUMNS} FROM files
          WHERE (expires_at <= now() OR (uploaded_at IS NULL AND created_at < now() - make_interval(hours => $1)))
            AND NOT EXISTS (SELECT FROM batches WHERE input_file_id = files.id AND status IN ${LIVE})
          LIMIT 10 FOR UPDATE SKIP LOCKED`,
        [UPLOAD_HOURS],
      );
      for (const row of rows) await removeFile(manager, row);
    });
  }

  /** The pieces of an uploaded file, whoever owns it. */
  async *readChunks(id: string): AsyncGenerator<Buffer> {
    for (let sequence = 0; ; sequence += 1) {
      const [row] = await queryRows<{ bytes: Buffer }>(
        this.#dataSource,
        'SELECT bytes FROM file_chunks WHERE file_id = $1 AND sequence = $2',
        [id, sequence],
      );
      if (!row) return;
      yield row.bytes;
    }
  }

  async *#readResults(batchId: string, ok: boolean): AsyncGenerator<Buffer> {
    for (let line = 0; ;) {
      const rows = await queryRows<{ line: number; content: string }>(
        this.#dataSource,
        `SELECT line, content FROM batch_results WHERE batch_id = $1 AND ok = $2 AND line > $3 ORDER BY line LIMIT $4`,
        [batchId, ok, line, LINES_PER_READ],
      );
      if (rows.length === 0) return;
      yield Buffer.from(rows.map(({ content }) => `${content}\n`).join(''));
      line = rows.at(-1)!.line;
    }
  }

  async #find(ownerKeyId: string, id: string): Promise<FileRow> {
    if (!isIdentifier(id)) throw notFound('file', id);
    const [row] = await queryRows<FileRow>(
      this.#dataSource,
      `SELECT ${COLUMNS} FROM files WHERE id = $1 AND owner_key_id = $2 AND ${FILE_EXISTS}`,
      [id, ownerKeyId],
    );
    if (!row) throw notFound('file', id);
    return row;
  }
}

/** What a caller sees of a thing that is absent or somebody else's. */
export function notFound(what: 'file' | 'batch', id: string): GatewayError {
  return new GatewayError('not_found', { param: `${what}_id`, values: { what, id } });
}

/** Gives how many bytes were stored; throws `request_too_large` at the first byte over the limit. */
async function storeChunks(database: Database, id: string, content: AsyncIterable<Uint8Array>): Promise<number> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let storedBytes = 0;
  let sequence = 0;
  const store = async () => {
    await database.query('INSERT INTO file_chunks (file_id, sequence, bytes) VALUES ($1, $2, $3)', [
      id,
      sequence,
      Buffer.concat(held),
    ]);
    sequence += 1;
    storedBytes += heldBytes;
    held = [];
    heldBytes = 0;
  };
  for await (const piece of content) {
    held.push(piece);
    heldBytes += piece.byteLength;
    if (storedBytes + heldBytes > BATCH_LIMITS.maxFileBytes) {
      throw new GatewayError('request_too_large', {
        param: 'file',
        values: { limit: `${BATCH_LIMITS.maxFileBytes / 1024 / 1024} MiB` },
      });
    }
    if (heldBytes >= CHUNK_BYTES) await store();
  }
  if (heldBytes > 0) await store();
  return storedBytes;
}

async function removeFile(manager: EntityManager, row: FileRow): Promise<void> {
  // The content of an output or error file is the results themselves.
  if (row.batch_id !== null) {
    await manager.query('DELETE FROM batch_results WHERE batch_id = $1 AND ok = $2', [
      row.batch_id,
      row.kind === 'output',
    ]);
  }
  await manager.query('DELETE FROM files WHERE id = $1', [row.id]);
}

function toFileObject(row: FileRow): FileObject {
  return {
    id: row.id,
    object: 'file',
    bytes: Number(row.bytes),
    created_at: toUnixSeconds(row.created_at),
    ...(row.expires_at && { expires_at: toUnixSeconds(row.expires_at) }),
    filename: row.filename,
    purpose: row.purpose,
    status: 'processed',
  };
}

export const toUnixSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);
