import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { BatchServer, field, filePart, line } from './fixtures/batch-server.ts';

let server: BatchServer;
beforeAll(async () => {
  server = await BatchServer.start();
}, 30_000);
afterAll(() => server.close());

describe('files', () => {
  it('come back byte for byte, whatever the bytes are', async () => {
    const bytes = Buffer.alloc(1_500_000, 'жёлтый \r\n\0');
    const file = await server.upload(bytes);
    expect(file).toMatchObject({ object: 'file', purpose: 'batch', filename: 'kit.jsonl', bytes: bytes.length });
    const content = await server.client.files.content(file.id);
    expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
    expect(await server.client.files.retrieve(file.id)).toEqual(file);
  });

  it('may come before or after the other fields of the form, and may be given a time to live', async () => {
    const before = await server.sendForm(filePart('file', 'x') + field('purpose', 'batch'));
    const after = await server.sendForm(
      field('purpose', 'batch') +
        field('expires_after[anchor]', 'created_at') +
        field('expires_after[seconds]', '3600') +
        filePart('file', 'x'),
    );
    expect(await before.json()).not.toHaveProperty('expires_at');
    const file = (await after.json()) as { created_at: number; expires_at: number };
    expect(file.expires_at - file.created_at).toBe(3600);
  });

  it.each([
    ['another purpose', field('purpose', 'fine-tune') + filePart('file', 'x'), 'purpose'],
    ['no purpose', filePart('file', 'x'), 'purpose'],
    ['no file', field('purpose', 'batch'), 'file'],
    ['an empty file', field('purpose', 'batch') + filePart('file', ''), 'file'],
    ['a file under another name', field('purpose', 'batch') + filePart('data', 'x'), 'data'],
    ['two files', field('purpose', 'batch') + filePart('file', 'x') + filePart('file', 'y'), 'body'],
  ])('with %s are refused, and nothing of them stays', async (_what, form, param) => {
    const rowsBefore = [await server.countRows('files'), await server.countRows('file_chunks')];
    const response = await server.sendForm(form);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param } });
    expect([await server.countRows('files'), await server.countRows('file_chunks')]).toEqual(rowsBefore);
  });

  it('leave nothing behind when the upload breaks off', async () => {
    const rowsBefore = [await server.countRows('files'), await server.countRows('file_chunks')];
    const socket = connect(Number(new URL(server.base).port), '127.0.0.1');
    socket.write(
      'POST /v1/files HTTP/1.1\r\nhost: kit\r\nauthorization: Bearer mine\r\ncontent-length: 5000000\r\n' +
        'content-type: multipart/form-data; boundary=cut\r\n\r\n' +
        field('purpose', 'batch') +
        '--cut\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n' +
        'x'.repeat(2_000_000),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await server.countRows('file_chunks')).toBeGreaterThan(rowsBefore[1]!);
    expect((await server.client.files.list()).data.length).toBeLessThanOrEqual(rowsBefore[0]!);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([await server.countRows('files'), await server.countRows('file_chunks')]).toEqual(rowsBefore);
  });

  it('over 200 MiB are refused', async () => {
    const rowsBefore = await server.countRows('files');
    const error: unknown = await server
      .upload(Buffer.alloc(200 * 1024 * 1024 + 1, 'x'))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 413 });
    expect(await server.countRows('files')).toBe(rowsBefore);
  }, 60_000);

  it('are not taken in another form than multipart', async () => {
    expect((await server.post('/v1/files', '{"purpose":"batch"}')).status).toBe(415);
  });

  it('are listed page by page, newest first unless asked otherwise, filtered by purpose', async () => {
    const ids: string[] = [];
    for (const name of ['1', '2', '3']) ids.push((await server.upload(line(name))).id);
    const first = await server.client.files.list({ limit: 2, purpose: 'batch' });
    expect(first.data.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect(first.has_more).toBe(true);
    const second = await first.getNextPage();
    expect(second.data[0]!.id).toBe(ids[0]);
    const ascending = await server.client.files.list({ order: 'asc', after: ids[0]! });
    expect(ascending.data.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
    expect((await server.client.files.list({ purpose: 'batch_output' })).data).toEqual([]);
    await expect(server.client.files.list({ after: 'file-nope' })).rejects.toMatchObject({ status: 400 });
    await expect(server.client.files.list({ limit: 0 })).rejects.toMatchObject({ status: 400, param: 'limit' });
  });

  it('can be deleted, but not while an unfinished batch needs them', async () => {
    const { id } = await server.upload(line('a'));
    const batch = await server.submit(id);
    await expect(server.client.files.delete(id)).rejects.toMatchObject({ status: 409, code: 'conflict' });
    await server.database.dataSource.query(`UPDATE batches SET status = 'cancelled' WHERE id = $1`, [batch.id]);
    expect(await server.client.files.delete(id)).toEqual({ id, object: 'file', deleted: true });
    await expect(server.client.files.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it.each(['file-nope', 'file-%00', 'x'.repeat(90), '%F0%9F%A6%94'])('named %s do not exist', async (id) => {
    const response = await server.get(`/v1/files/${id}`);
    expect(response.status).toBe(404);
  });
});
