import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { BatchResultLine } from '@parley/contracts';
import {
  BatchStore,
  ConnectionStore,
  createKeyHasher,
  createTestDatabase,
  createVault,
  FileStore,
  KeyStore,
  migrateQueues,
  UsageStore,
  type TestDatabase,
} from '@parley/persistence';
import { ready, startWorkerProcess, until, type WorkerProcess } from './fixtures/processes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MASTER_KEY = '5a'.repeat(32);

let database: TestDatabase;
let provider: Server;
let worker: WorkerProcess | undefined;
let ownerKeyId: string;
beforeAll(async () => {
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-b', 'apps/worker'], { cwd: ROOT });
  database = await createTestDatabase();
  provider = createServer((request, response) => {
    void text(request).then((body) => response.end(JSON.stringify(embed(request.url ?? '', body))));
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const vault = createVault(MASTER_KEY);
  const connections = new ConnectionStore(database.dataSource, vault);
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const common = { source: 'admin' as const, apiKeys: ['key'], allowPrivateNetwork: true, baseUrl };
  const options = { passthrough_models: true };
  await connections.create({ ...common, name: 'openai', provider: 'openai', options });
  await connections.create({ ...common, name: 'google', provider: 'google', options });
  const keys = new KeyStore(database.dataSource, createKeyHasher(MASTER_KEY));
  ownerKeyId = (await keys.create({ name: 'owner', role: 'member' })).key.id;
}, 60_000);
afterAll(async () => {
  worker?.process.kill('SIGKILL');
  await worker?.exited;
  provider?.close();
  await database?.drop();
});

/** Two vendors in one: a vector for each text, as each of them writes it. */
function embed(path: string, body: string): unknown {
  const request = JSON.parse(body) as { input: string | string[]; requests: unknown[] };
  if (path.endsWith(':batchEmbedContents')) return { embeddings: request.requests.map(() => ({ values: [0, 1] })) };
  const data = [request.input].flat().map((_, index) => ({ object: 'embedding', index, embedding: [1, 0] }));
  return { object: 'list', data, model: 'm', usage: { prompt_tokens: 1000, total_tokens: 1000 } };
}

async function* contentOf(bodies: [id: string, body: object][]): AsyncGenerator<Buffer> {
  for (const [id, body] of bodies) {
    yield Buffer.from(`${JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/embeddings', body })}\n`);
  }
}

async function linesOf(fileId: string | null): Promise<BatchResultLine[]> {
  const { content } = await new FileStore(database.dataSource).open(ownerKeyId, fileId!);
  let read = '';
  for await (const piece of content) read += piece.toString();
  return read
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as BatchResultLine);
}

it('a batch of embeddings is answered by the providers of its lines, and charged', async () => {
  await migrateQueues({ DATABASE_URL: database.url, QUEUE: 'postgres', REDIS_URL: undefined });
  const environment = { DATABASE_URL: database.url, ENCRYPTION_MASTER_KEY: MASTER_KEY, METRICS_PORT: '0' };
  worker = startWorkerProcess('../../dist/main.js', { ...environment, QUEUE: 'postgres', LOG_LEVEL: 'error' });
  await ready(worker);
  const content = contentOf([
    ['many', { model: 'openai/text-embedding-3-small', input: ['a', 'b'] }],
    ['base64', { model: 'google/gemini-embedding-001', input: 'a', encoding_format: 'base64' }],
    ['empty', { model: 'openai/text-embedding-3-small', input: '' }],
    ['chat', { model: 'openai/gpt-4o', input: 'a' }],
  ]);
  const file = { ownerKeyId, filename: 'in.jsonl', expiresAfterS: null };
  const { id: inputFileId } = await new FileStore(database.dataSource).create(content, () => file);
  const batches = new BatchStore(database.dataSource);
  const asked = {
    ownerKeyId,
    inputFileId,
    endpoint: '/v1/embeddings',
    metadata: null,
    outputExpiresAfterS: null,
  } as const;
  const { id } = await batches.create(asked);
  const batch = await until(
    async () => {
      const now = await batches.get(ownerKeyId, id);
      return now.status === 'completed' && now;
    },
    20_000,
    'the batch is completed',
  );
  expect(batch).toMatchObject({ endpoint: '/v1/embeddings', request_counts: { total: 4, completed: 2, failed: 2 } });
  const output = new Map((await linesOf(batch.output_file_id)).map((line) => [line.custom_id, line.response]));
  expect(output.get('many')).toMatchObject({
    status_code: 200,
    body: { object: 'list', data: [{ embedding: [1, 0] }, { index: 1 }], usage: { prompt_tokens: 1000 } },
  });
  const packed = Buffer.from(new Float32Array([0, 1]).buffer).toString('base64');
  expect(output.get('base64')).toMatchObject({ body: { data: [{ index: 0, embedding: packed }] } });
  const errors = (await linesOf(batch.error_file_id)).map(({ custom_id: name, response }) => [name, response?.body]);
  expect(Object.fromEntries(errors)).toMatchObject({
    empty: { error: { code: 'invalid_request', param: 'input' } },
    chat: { error: { code: 'invalid_request', param: 'model' } },
  });
  const usage = new UsageStore(database.dataSource);
  expect(await usage.find(output.get('many')!.request_id)).toMatchObject({
    mode: 'batch',
    route: '/v1/embeddings',
    batchId: id,
    inputTokens: 1000,
    costNanoUsd: 20_000,
  });
  expect(await usage.find(output.get('base64')!.request_id)).toMatchObject({ inputTokens: 1, estimated: true });
}, 60_000);
