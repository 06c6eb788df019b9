import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { BatchObject, BatchResultLine } from '@parley/contracts';
import { BatchStore, createTestDatabase, FileStore, migrateQueues, type TestDatabase } from '@parley/persistence';
import {
  ready,
  redisBinary,
  startRedis,
  startWorkerProcess,
  until,
  type Redis,
  type WorkerProcess,
} from './fixtures/processes.ts';
import { startUpstream, type Upstream } from './fixtures/upstream.ts';

const OWNER = 'key_owner';
const CONCURRENCY = 8;
const ROOT = join(import.meta.dirname, '../../..');

let database: TestDatabase;
let upstream: Upstream;
let redis: Redis | undefined;
let workers: WorkerProcess[] = [];
beforeAll(async () => {
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-b', 'apps/worker'], { cwd: ROOT });
  [database, upstream] = await Promise.all([createTestDatabase(), startUpstream()]);
  if (redisBinary) redis = await startRedis(redisBinary);
  else process.stderr.write('SKIPPED: there is no Redis on this machine, so the queue on Redis is not tested\n');
}, 60_000);
afterEach(async () => {
  for (const worker of workers) worker.process.kill('SIGKILL');
  await Promise.all(workers.map(({ exited }) => exited));
  workers = [];
  upstream.calls.clear();
  await database.dataSource.query('TRUNCATE usage_events');
});
afterAll(async () => {
  upstream.close();
  await redis?.stop();
  await database.drop();
});

type Backend = Record<string, string>;
const POSTGRES = { QUEUE: 'postgres' };
const onRedis = (): Backend => ({ QUEUE: 'redis', REDIS_URL: redis!.url });

const environmentOf = (backend: Backend, more: Backend = {}): Backend => ({
  DATABASE_URL: database.url,
  ENCRYPTION_MASTER_KEY: '0'.repeat(64),
  METRICS_PORT: '0',
  BATCH_CONCURRENCY: String(CONCURRENCY),
  UPSTREAM_URL: upstream.url,
  DRAIN_TIMEOUT_S: '10',
  ...backend,
  ...more,
});

async function startWorkers(count: number, backend: Backend, more: Backend = {}): Promise<void> {
  await migrateQueues({ DATABASE_URL: database.url, QUEUE: 'postgres', REDIS_URL: undefined });
  const started = Array.from({ length: count }, () =>
    startWorkerProcess('calling-worker.mjs', environmentOf(backend, more)),
  );
  workers.push(...started);
  await Promise.all(started.map(ready));
}

async function submit(lines: { id: string; model: string; delayMs?: number }[]): Promise<string> {
  const text = lines
    .map(({ id, model, delayMs }) =>
      JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: { model, delayMs } }),
    )
    .join('\n');
  async function* content() {
    yield Buffer.from(text);
  }
  const file = { ownerKeyId: OWNER, filename: 'in.jsonl', expiresAfterS: null };
  const { id } = await new FileStore(database.dataSource).create(content(), () => file);
  const batch = await new BatchStore(database.dataSource).create({
    ownerKeyId: OWNER,
    inputFileId: id,
    endpoint: '/v1/chat/completions',
    metadata: null,
    outputExpiresAfterS: null,
  });
  return batch.id;
}

const batchOf = (id: string): Promise<BatchObject> => new BatchStore(database.dataSource).get(OWNER, id);

/** Waits for the end, and sees at every look that the counts only grow and never exceed the total. */
async function settle(id: string, withinMs = 40_000): Promise<BatchObject> {
  let last = { completed: 0, failed: 0 };
  return until(
    async () => {
      const batch = await batchOf(id);
      const { total, completed, failed } = batch.request_counts;
      expect(completed).toBeGreaterThanOrEqual(last.completed);
      expect(failed).toBeGreaterThanOrEqual(last.failed);
      expect(completed + failed).toBeLessThanOrEqual(total);
      last = { completed, failed };
      return ['completed', 'failed', 'cancelled', 'expired'].includes(batch.status) && batch;
    },
    withinMs,
    'the batch ends',
  );
}

async function linesOf(fileId: string | null): Promise<BatchResultLine[]> {
  if (fileId === null) return [];
  const { content } = await new FileStore(database.dataSource).open(OWNER, fileId);
  let text = '';
  for await (const piece of content) text += piece.toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as BatchResultLine);
}

/** Both files hold each custom id once, and agree with the counts and the charges. */
async function account(batch: BatchObject, ids: string[]) {
  const [output, error] = await Promise.all([linesOf(batch.output_file_id), linesOf(batch.error_file_id)]);
  expect([...output, ...error].map((line) => line.custom_id).toSorted()).toEqual(ids.toSorted());
  expect(batch.request_counts).toEqual({ total: ids.length, completed: output.length, failed: error.length });
  const charges: { id: string }[] = await database.dataSource.query('SELECT id FROM usage_events');
  const answered = [...output, ...error].filter(({ response }) => response !== null);
  expect(charges.map((row) => row.id).toSorted()).toEqual(answered.map((line) => line.custom_id).toSorted());
  return { output, error };
}

const idsOf = (lines: { id: string }[]) => lines.map((line) => line.id);
const named = (count: number, model = 'ok', delayMs?: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `item-${index}`, model, delayMs }));

function describeBatches(name: string, backend: () => Backend): void {
  it('answer every item once though one of them is killed in the middle', async () => {
    await startWorkers(2, backend());
    const lines = named(200, 'ok', 100);
    const id = await submit(lines);
    await until(async () => (await batchOf(id)).request_counts.completed > 40, 20_000, 'some items are done');
    workers[0]!.process.kill('SIGKILL');
    const killedAt = Date.now();
    const batch = await settle(id);
    process.stderr.write(`${name}: ended ${Date.now() - killedAt} ms after the kill\n`);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 200, completed: 200, failed: 0 } });
    await account(batch, idsOf(lines));
    expect(upstream.total - 200).toBeLessThanOrEqual(CONCURRENCY);
  }, 60_000);

  it('sort the answers into two files, and try again what may succeed later', async () => {
    await startWorkers(2, backend());
    const models = ['ok', 'bad', 'flaky', 'ok', 'broken'];
    const lines = models.map((model, index) => ({ id: `${model}-${index}`, model }));
    const batch = await settle(await submit(lines));
    const files = await account(batch, idsOf(lines));
    expect(batch.request_counts).toEqual({ total: 5, completed: 3, failed: 2 });
    expect(files.error.map((line) => line.response?.status_code)).toEqual([400, 500]);
    expect(upstream.calls.get('bad-1')).toBe(1);
    expect(upstream.calls.get('flaky-2')).toBe(2);
    expect(upstream.calls.get('broken-4')).toBe(3);
  }, 60_000);

  it('stop a cancelled batch within seconds, keep what is done, and call nobody afterwards', async () => {
    await startWorkers(2, backend());
    const lines = named(300, 'ok', 200);
    const id = await submit(lines);
    await until(async () => (await batchOf(id)).request_counts.completed > 20, 20_000, 'some items are done');
    const batches = new BatchStore(database.dataSource);
    expect((await batches.cancel(OWNER, id)).status).toBe('cancelling');
    const batch = await settle(id, 8_000);
    expect(batch.status).toBe('cancelled');
    const callsAtEnd = upstream.total;
    expect((await batches.cancel(OWNER, id)).status).toBe('cancelled');
    const files = await account(batch, idsOf(lines));
    expect(files.output.length).toBeGreaterThan(20);
    expect(new Set(files.error.map((line) => line.error?.code))).toEqual(new Set(['batch_cancelled']));
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(upstream.total).toBe(callsAtEnd);
  }, 60_000);

  it('end an overdue batch as expired: done items are delivered, the rest says why not', async () => {
    await startWorkers(1, backend());
    const lines = named(100, 'ok', 150);
    const id = await submit(lines);
    await until(async () => (await batchOf(id)).request_counts.completed > 10, 20_000, 'some items are done');
    await database.dataSource.query('UPDATE batches SET expires_at = now() WHERE id = $1', [id]);
    const batch = await settle(id, 8_000);
    expect(batch.status).toBe('expired');
    const files = await account(batch, idsOf(lines));
    expect(new Set(files.error.map((line) => line.error?.code))).toEqual(new Set(['batch_expired']));
  }, 60_000);

  it('give their items back at once when they are told to end, and end with 0', async () => {
    await startWorkers(1, backend(), { DRAIN_TIMEOUT_S: '1' });
    const lines = named(CONCURRENCY, 'ok', 4_000);
    const id = await submit(lines);
    await until(async () => upstream.total === CONCURRENCY, 20_000, 'all items run');
    await startWorkers(1, backend());
    const toldAt = Date.now();
    workers[0]!.process.kill('SIGTERM');
    await until(async () => upstream.total > CONCURRENCY, 4_000, 'the items run again');
    process.stderr.write(`${name}: run again ${Date.now() - toldAt - 1_000} ms after the drain\n`);
    expect(await workers[0]!.exited).toBe(0);
    await account(await settle(id), idsOf(lines));
  }, 60_000);
}

describe('workers with the queue on Postgres', () => describeBatches('Postgres', () => POSTGRES));

const redisSuite = redisBinary
  ? 'workers with the queue on Redis'
  : 'workers with the queue on Redis (SKIPPED: no Redis)';

(redisBinary ? describe : describe.skip)(redisSuite, () => {
  describeBatches('Redis', onRedis);

  it('finish what they have to do though Redis goes in the middle, end, and start without it', async () => {
    await startWorkers(2, onRedis());
    const lines = named(200, 'ok', 100);
    const ids = [await submit(lines), await submit(lines.map((line) => ({ ...line, id: `other-${line.id}` })))];
    await until(async () => (await batchOf(ids[0]!)).request_counts.completed > 20, 20_000, 'some items are done');
    await redis!.stop();
    const batches = await Promise.all(ids.map((id) => settle(id)));
    expect(batches.map(({ status, request_counts }) => [status, request_counts.completed])).toEqual([
      ['completed', 200],
      ['completed', 200],
    ]);
    expect(upstream.total).toBe(400);
    // BullMQ's own close waits for Redis; a worker does not.
    for (const worker of workers) worker.process.kill('SIGTERM');
    expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0]);
    await startWorkers(1, onRedis());
    expect((await settle(await submit([{ id: 'later', model: 'ok' }]))).request_counts.completed).toBe(1);
  }, 60_000);
});

describe('a worker that sleeps longer than its leases', () => {
  it('cannot add to what others have answered meanwhile', async () => {
    await startWorkers(2, POSTGRES);
    const lines = named(60, 'ok', 300);
    const id = await submit(lines);
    await until(async () => upstream.total >= CONCURRENCY * 2, 20_000, 'both workers are busy');
    workers[0]!.process.kill('SIGSTOP');
    const batch = await settle(id);
    workers[0]!.process.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await account(batch, idsOf(lines));
    expect(await batchOf(id)).toEqual(batch);
  }, 60_000);
});

describe('a worker process', () => {
  it('says what is wrong with its environment and ends with 78', async () => {
    const worker = startWorkerProcess('../../dist/main.js', {});
    expect(await worker.exited).toBe(78);
    expect(worker.errors()).toContain('DATABASE_URL: is not set');
  });

  it('ends when its supervisor goes', async () => {
    await startWorkers(1, POSTGRES);
    workers[0]!.process.disconnect();
    expect(await workers[0]!.exited).toBe(0);
  }, 20_000);
});
