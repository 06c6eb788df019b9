import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import multipart from '@fastify/multipart';
import { Catch, Global, Module, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { GatewayError, readEnvironment, type BatchObject } from '@parley/contracts';
import { createTestDatabase, migrateQueues, ValidationStore, type TestDatabase } from '@parley/persistence';
import type { FastifyReply, FastifyRequest } from 'fastify';
import OpenAI, { toFile } from 'openai';
import { DataSource } from 'typeorm';
import type { Caller } from '../admission/caller.ts';
import { BatchesModule } from './batches.module.ts';

/** Stands where the gateway's own filter shapes errors. */
@Catch(GatewayError)
class ErrorFilter implements ExceptionFilter {
  catch({ code, status, details }: GatewayError, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply
      .status(status)
      .send({ error: { message: JSON.stringify(details.values), type: 'test', code, param: details.param ?? null } });
  }
}

let database: TestDatabase;
let application: NestFastifyApplication;
let base: string;
let client: OpenAI;
let stranger: OpenAI;
beforeAll(async () => {
  database = await createTestDatabase();
  const environment = readEnvironment({
    DATABASE_URL: database.url,
    ENCRYPTION_MASTER_KEY: '0'.repeat(64),
    QUEUE: 'postgres',
  });
  await migrateQueues(environment);
  @Global()
  @Module({ providers: [{ provide: DataSource, useValue: database.dataSource }], exports: [DataSource] })
  class DatabaseModule {}
  @Module({ imports: [DatabaseModule, BatchesModule.forEnvironment(environment)] })
  class TestModule {}
  application = await NestFactory.create<NestFastifyApplication>(
    TestModule,
    new FastifyAdapter({ bodyLimit: 1_000_000 }),
    {
      logger: ['error'],
    },
  );
  await application.register(multipart);
  application.useGlobalFilters(new ErrorFilter());
  // The key is the caller: identity is the guard's business.
  application
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', async (request: FastifyRequest & { caller?: Caller }) => {
      request.caller = { keyId: String(request.headers.authorization), role: 'admin', locale: null };
    });
  await application.listen(0, '127.0.0.1');
  base = await application.getUrl();
  client = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'mine', maxRetries: 0 });
  stranger = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'other', maxRetries: 0 });
}, 30_000);
afterAll(async () => {
  await application.close();
  await database.drop();
});

const line = (customId: string) =>
  JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/chat/completions', body: { model: 'any' } });
const upload = async (content: string | Buffer, from = client) =>
  from.files.create({ purpose: 'batch', file: await toFile(Buffer.from(content), 'kit.jsonl') });
const submit = (inputFileId: string, more: object = {}) =>
  client.batches.create({
    input_file_id: inputFileId,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    ...more,
  });
const post = (path: string, body: unknown) =>
  fetch(`${base}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer mine', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const countRows = async (table: string): Promise<number> => {
  const [row]: { count: number }[] = await database.dataSource.query(`SELECT count(*)::integer AS count FROM ${table}`);
  return row!.count;
};
const sendForm = (parts: string) =>
  fetch(`${base}/v1/files`, {
    method: 'POST',
    headers: { authorization: 'Bearer mine', 'content-type': 'multipart/form-data; boundary=cut' },
    body: `${parts}--cut--\r\n`,
  });
const field = (name: string, value: string) =>
  `--cut\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const filePart = (name: string, content: string) =>
  `--cut\r\ncontent-disposition: form-data; name="${name}"; filename="in.jsonl"\r\n\r\n${content}\r\n`;

describe('files', () => {
  it('come back byte for byte, whatever the bytes are', async () => {
    const bytes = Buffer.alloc(1_500_000, 'жёлтый \r\n\0');
    const file = await upload(bytes);
    expect(file).toMatchObject({ object: 'file', purpose: 'batch', filename: 'kit.jsonl', bytes: bytes.length });
    const content = await client.files.content(file.id);
    expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
    expect(await client.files.retrieve(file.id)).toEqual(file);
  });

  it('may come before or after the other fields of the form, and may be given a time to live', async () => {
    const before = await sendForm(filePart('file', 'x') + field('purpose', 'batch'));
    const after = await sendForm(
      field('purpose', 'batch') +
        field('expires_after[anchor]', 'created_at') +
        field('expires_after[seconds]', '3600') +
        filePart('file', 'x'),
    );
    expect(await before.json()).toMatchObject({ bytes: 1, expires_at: null });
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
    const rowsBefore = [await countRows('files'), await countRows('file_chunks')];
    const response = await sendForm(form);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param } });
    expect([await countRows('files'), await countRows('file_chunks')]).toEqual(rowsBefore);
  });

  it('leave nothing behind when the upload breaks off', async () => {
    const rowsBefore = [await countRows('files'), await countRows('file_chunks')];
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.write(
      'POST /v1/files HTTP/1.1\r\nhost: kit\r\nauthorization: Bearer mine\r\ncontent-length: 5000000\r\n' +
        'content-type: multipart/form-data; boundary=cut\r\n\r\n' +
        field('purpose', 'batch') +
        '--cut\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n' +
        'x'.repeat(2_000_000),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await countRows('file_chunks')).toBeGreaterThan(rowsBefore[1]!);
    expect((await client.files.list()).data.length).toBeLessThanOrEqual(rowsBefore[0]!);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([await countRows('files'), await countRows('file_chunks')]).toEqual(rowsBefore);
  });

  it('over 200 MiB are refused', async () => {
    const rowsBefore = await countRows('files');
    const error: unknown = await upload(Buffer.alloc(200 * 1024 * 1024 + 1, 'x')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 413 });
    expect(await countRows('files')).toBe(rowsBefore);
  }, 60_000);

  it('are not taken in another form than multipart', async () => {
    expect((await post('/v1/files', { purpose: 'batch' })).status).toBe(415);
  });

  it('are listed page by page, newest first unless asked otherwise, filtered by purpose', async () => {
    const ids: string[] = [];
    for (const name of ['1', '2', '3']) ids.push((await upload(line(name))).id);
    const first = await client.files.list({ limit: 2, purpose: 'batch' });
    expect(first.data.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect(first.has_more).toBe(true);
    const second = await first.getNextPage();
    expect(second.data[0]!.id).toBe(ids[0]);
    const ascending = await client.files.list({ order: 'asc', after: ids[0]! });
    expect(ascending.data.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
    expect((await client.files.list({ purpose: 'batch_output' })).data).toEqual([]);
    await expect(client.files.list({ after: 'file-nope' })).rejects.toMatchObject({ status: 400 });
    await expect(client.files.list({ limit: 0 })).rejects.toMatchObject({ status: 400, param: 'limit' });
  });

  it('can be deleted, but not while an unfinished batch needs them', async () => {
    const { id } = await upload(line('a'));
    const batch = await submit(id);
    await expect(client.files.delete(id)).rejects.toMatchObject({ status: 409, code: 'conflict' });
    await database.dataSource.query(`UPDATE batches SET status = 'cancelled' WHERE id = $1`, [batch.id]);
    expect(await client.files.delete(id)).toEqual({ id, object: 'file', deleted: true });
    await expect(client.files.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it.each(['file-nope', 'file-%00', 'x'.repeat(90), '%F0%9F%A6%94'])('named %s do not exist', async (id) => {
    const response = await fetch(`${base}/v1/files/${id}`, { headers: { authorization: 'Bearer mine' } });
    expect(response.status).toBe(404);
  });
});

describe('batches', () => {
  it('begin as validating and echo what they were asked', async () => {
    const { id } = await upload(line('a'));
    const batch = await submit(id, { metadata: { job: 'kit', also: 'order' } });
    expect(batch).toEqual({
      id: expect.stringMatching(/^batch_[0-9a-f]{32}$/),
      object: 'batch',
      endpoint: '/v1/chat/completions',
      errors: null,
      input_file_id: id,
      completion_window: '24h',
      status: 'validating',
      output_file_id: null,
      error_file_id: null,
      created_at: expect.any(Number),
      in_progress_at: null,
      expires_at: batch.created_at + 24 * 3600,
      finalizing_at: null,
      completed_at: null,
      failed_at: null,
      expired_at: null,
      cancelling_at: null,
      cancelled_at: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
      metadata: { job: 'kit', also: 'order' },
    });
    expect(await client.batches.retrieve(batch.id)).toEqual(batch);
  });

  it('may bring their requests inline', async () => {
    const response = await post('/v1/batches', {
      requests: [{ custom_id: 'a', body: { model: 'any' } }],
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    const batch = (await response.json()) as BatchObject;
    const content = await client.files.content(batch.input_file_id);
    expect(JSON.parse(await content.text())).toEqual({
      method: 'POST',
      url: '/v1/chat/completions',
      custom_id: 'a',
      body: { model: 'any' },
    });
  });

  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown file', { input_file_id: 'file-nope' }, 'input_file_id'],
    ['U+0000 in the file id', { input_file_id: 'file-\0' }, 'input_file_id'],
    ['no file', { input_file_id: undefined }, 'input_file_id'],
    ['both a file and requests', { requests: [{}] }, 'input_file_id'],
    ['an unknown endpoint', { endpoint: '/v1/admin' }, 'endpoint'],
    ['another window', { completion_window: '1h' }, 'completion_window'],
    ['17 metadata pairs', { metadata: pairs(17) }, 'metadata'],
    ['a long metadata value', { metadata: { key: 'x'.repeat(513) } }, 'metadata.key'],
    [
      'a short life of its output',
      { output_expires_after: { anchor: 'created_at', seconds: 1 } },
      'output_expires_after.seconds',
    ],
    ['an unknown field', { priority: 1 }, 'priority'],
  ])('with %s are refused, naming the field', async (_what, change, param) => {
    const { id } = await upload(line('a'));
    const before = await countRows('batches');
    const response = await post('/v1/batches', {
      input_file_id: id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      ...change,
    });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param } }]);
    expect(await countRows('batches')).toBe(before);
  });

  it('are listed newest first, page by page', async () => {
    const made: string[] = [];
    const { id } = await upload(line('a'));
    for (let count = 0; count < 3; count += 1) made.push((await submit(id)).id);
    const first = await client.batches.list({ limit: 2 });
    expect(first.data.map((batch) => batch.id)).toEqual([made[2], made[1]]);
    const second = await first.getNextPage();
    expect(second.data[0]!.id).toBe(made[0]);
  });

  it('can be cancelled again and again, but not when they have ended otherwise', async () => {
    const batch = await submit((await upload(line('a'))).id);
    expect((await client.batches.cancel(batch.id)).status).toBe('cancelling');
    expect((await client.batches.cancel(batch.id)).status).toBe('cancelling');
    const failed = await submit((await upload(line('a'))).id);
    const validations = new ValidationStore(database.dataSource);
    await validations.refuse((await validations.claim(failed.id))!, []);
    await expect(client.batches.cancel(failed.id)).rejects.toMatchObject({ status: 409, code: 'conflict' });
  });
});

describe('what belongs to another key', () => {
  it('does not exist', async () => {
    const file = await upload(line('a'));
    const batch = await submit(file.id);
    const attempts = [
      stranger.files.retrieve(file.id),
      stranger.files.content(file.id),
      stranger.files.delete(file.id),
      stranger.batches.retrieve(batch.id),
      stranger.batches.cancel(batch.id),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ status: 404, code: 'not_found' });
    expect((await stranger.batches.list()).data).toEqual([]);
    expect((await stranger.files.list()).data).toEqual([]);
    await expect(
      stranger.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' }),
    ).rejects.toMatchObject({ status: 400, param: 'input_file_id' });
    expect((await client.batches.retrieve(batch.id)).status).toBe('validating');
  });
});
