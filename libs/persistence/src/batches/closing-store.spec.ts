import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { BatchStore } from './batch-store.ts';
import { ClosingStore } from './closing-store.ts';
import { FileStore } from './file-store.ts';
import { ItemStore } from './item-store.ts';
import { ResultStore } from './result-store.ts';
import { createBatch, createRunningBatch, OWNER, readFiles, resultOf, uploadText } from './test-batch.ts';

let database: TestDatabase;
let items: ItemStore;
let results: ResultStore;
let closings: ClosingStore;
let batches: BatchStore;
let files: FileStore;
beforeAll(async () => {
  database = await createTestDatabase();
  const { dataSource } = database;
  items = new ItemStore(dataSource);
  results = new ResultStore(dataSource, () => Promise.resolve());
  closings = new ClosingStore(dataSource);
  batches = new BatchStore(dataSource);
  files = new FileStore(dataSource);
});
afterAll(() => database.drop());

const sql = (text: string, values: unknown[] = []): Promise<unknown> => database.dataSource.query(text, values);

describe('closing a batch', () => {
  it('puts good answers into one file and bad ones into the other, in the order of their lines', async () => {
    const batchId = await createRunningBatch(database.dataSource, 4);
    const leased = await items.lease(batchId, 4);
    for (const item of leased.toReversed()) await results.store([resultOf(item, { ok: item.line !== 2 })]);
    expect((await batches.get(OWNER, batchId)).status).toBe('finalizing');
    expect(await closings.listClosable()).toContain(batchId);
    expect(await closings.close(batchId)).toBeDefined();
    const batch = await batches.get(OWNER, batchId);
    const { output, error } = await readFiles(database.dataSource, batch);
    expect(output.map((line) => line.custom_id)).toEqual(['item-1', 'item-3', 'item-4']);
    expect(error.map((line) => line.custom_id)).toEqual(['item-2']);
    expect(batch.completed_at).toBeGreaterThanOrEqual(batch.in_progress_at!);
    expect(await closings.close(batchId)).toBeUndefined();
    expect(await batches.get(OWNER, batchId)).toEqual(batch);
  });

  it('waits for what still runs, and makes no file where there is nothing to put in', async () => {
    const batchId = await createRunningBatch(database.dataSource, 3);
    const [item] = await items.lease(batchId, 1);
    await batches.cancel(OWNER, batchId);
    expect(await closings.close(batchId)).toBeUndefined();
    await items.release([item!]);
    expect(await closings.close(batchId)).toEqual({
      ending: 'cancelled',
      unanswered: 3,
      durationSeconds: expect.any(Number),
    });
    expect(await batches.get(OWNER, batchId)).toMatchObject({
      status: 'cancelled',
      output_file_id: null,
      error_file_id: expect.stringMatching(/^file-/),
      request_counts: { total: 3, completed: 0, failed: 3 },
    });
  });

  it('ends a batch that nobody validated in time', async () => {
    const { id } = await createBatch(database.dataSource);
    await sql('UPDATE batches SET expires_at = now() WHERE id = $1', [id]);
    expect(await closings.close(id)).toBeDefined();
    expect(await batches.get(OWNER, id)).toMatchObject({ status: 'expired', request_counts: { total: 0 } });
  });

  it('leaves a batch alone that still has work', async () => {
    const batchId = await createRunningBatch(database.dataSource, 1);
    expect(await closings.close(batchId)).toBeUndefined();
    expect(await closings.listClosable()).not.toContain(batchId);
  });
});

describe('files', () => {
  it('of results disappear with their results, one file without the other', async () => {
    const batchId = await createRunningBatch(database.dataSource, 2);
    const [good, bad] = await items.lease(batchId, 2);
    await results.store([resultOf(good!), resultOf(bad!, { ok: false })]);
    await closings.close(batchId);
    const { output_file_id: output, error_file_id: error } = await batches.get(OWNER, batchId);
    await files.delete(OWNER, output!);
    await expect(files.open(OWNER, output!)).rejects.toMatchObject({ code: 'not_found' });
    expect(await sql('SELECT ok FROM batch_results WHERE batch_id = $1', [batchId])).toEqual([{ ok: false }]);
    expect((await files.get(OWNER, error!)).purpose).toBe('batch_output');
  });

  it('that have expired cannot be seen, and are removed unless a batch still reads them', async () => {
    const [free, used] = [await uploadText(database.dataSource, 'x'), await createBatch(database.dataSource)];
    const expire = `UPDATE files SET expires_at = now() - interval '1 s' WHERE id = ANY($1)`;
    await sql(expire, [[free, used.input_file_id]]);
    await expect(files.get(OWNER, free)).rejects.toMatchObject({ code: 'not_found' });
    await files.deleteExpired();
    const kept = await sql('SELECT id FROM files WHERE id = ANY($1)', [[free, used.input_file_id]]);
    expect(kept).toEqual([{ id: used.input_file_id }]);
  });

  it('whose upload broke off with its process are invisible and swept after some hours', async () => {
    await sql(`INSERT INTO files (id, owner_key_id, filename, purpose, bytes, created_at)
      VALUES ('file-new', '', '', 'batch', 0, now()), ('file-old', '', '', 'batch', 0, now() - interval '7 hours')`);
    await sql(`INSERT INTO file_chunks VALUES ('file-old', 0, 'x')`);
    await files.deleteExpired();
    expect(await sql(`SELECT id FROM files WHERE uploaded_at IS NULL`)).toEqual([{ id: 'file-new' }]);
    expect(await sql(`SELECT FROM file_chunks WHERE file_id = 'file-old'`)).toEqual([]);
    await expect(files.get('', 'file-new')).rejects.toMatchObject({ code: 'not_found' });
  });
});
