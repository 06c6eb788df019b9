import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateApiKey } from '@parley/persistence';
import { CuttableProxy } from './cuttable-proxy.ts';
import { chat, codeOf, Stand, until, type AppProcess } from './processes.ts';

let stand: Stand;
let proxy: CuttableProxy;
let gateway: AppProcess;
beforeAll(async () => {
  stand = await Stand.start();
});
afterAll(() => stand?.close());
beforeEach(async () => {
  proxy = new CuttableProxy(new URL(stand.database.url));
  await proxy.open();
});
afterEach(() => {
  gateway.child.kill('SIGKILL');
  proxy.cut();
});

const healthOf = async (port: number): Promise<Record<string, number>> => {
  const statuses = ['live', 'startup', 'ready'].map(async (path) => {
    const { status } = await fetch(`http://127.0.0.1:${port}/health/${path}`);
    return [path, status];
  });
  return Object.fromEntries(await Promise.all(statuses)) as Record<string, number>;
};
const isReady = async (port: number): Promise<boolean> => (await healthOf(port)).ready === 200;

const countUsage = async (): Promise<{ all: number; distinct: number }> => {
  const [row]: { all: number; distinct: number }[] = await stand.database.dataSource.query(
    'SELECT count(*)::integer AS all, count(DISTINCT id)::integer AS distinct FROM usage_events',
  );
  return row!;
};

describe('a gateway whose Postgres is away at the start', () => {
  it('lives, answers 503 without being ready, and serves by itself within 5 s of the return of Postgres', async () => {
    proxy.cut();
    gateway = stand.start('gateway', { DATABASE_URL: proxy.url });
    let isTold = false;
    void gateway.ready.then(() => (isTold = true));
    const { port } = await gateway.listens();
    expect(await healthOf(port)).toEqual({ live: 200, startup: 503, ready: 503 });
    expect(await (await fetch(`http://127.0.0.1:${port}/health/ready`)).json()).toMatchObject({
      status: 'error',
      error: { configuration: { status: 'down' }, database: { status: 'down', message: 'does not answer' } },
    });
    for (const key of [stand.adminKey, 'sk-unknown']) {
      const refused = await chat(port, key, 'Hi');
      expect([refused.status, await codeOf(refused)]).toEqual([503, 'dependency_unavailable']);
    }
    expect(isTold).toBe(false);
    await proxy.open();
    const backAt = performance.now();
    await until(() => isReady(port), 5_000, 'it is ready again');
    expect(performance.now() - backAt).toBeLessThan(5_000);
    expect(await gateway.ready).toBe(port);
    expect(await healthOf(port)).toEqual({ live: 200, startup: 200, ready: 200 });
    expect((await chat(port, stand.adminKey, 'Hi')).status).toBe(200);
  });

  it('ends at once when it is told to while it waits', async () => {
    proxy.cut();
    gateway = stand.start('gateway', { DATABASE_URL: proxy.url, DRAIN_TIMEOUT_S: '20' });
    await until(async () => gateway.output().includes('waiting for Postgres'), 15_000, 'it waits');
    const toldAt = performance.now();
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - toldAt).toBeLessThan(5_000);
  });
});

describe('a gateway whose Postgres goes away', () => {
  it('serves the keys it knows, refuses others with 503, and records every call once afterwards', async () => {
    gateway = stand.start('gateway', { DATABASE_URL: proxy.url });
    const port = await gateway.ready;
    expect((await chat(port, generateApiKey(), 'Hi')).status).toBe(401);
    await sleep(1_500);
    const before = await countUsage();
    proxy.cut();
    await until(async () => (await chat(port, generateApiKey(), 'Hi')).status === 503, 5_000, 'it notices');
    for (let call = 0; call < 10; call += 1) expect((await chat(port, stand.adminKey, 'Hi')).status).toBe(200);
    expect(await healthOf(port)).toEqual({ live: 200, startup: 200, ready: 503 });
    const files = await fetch(`http://127.0.0.1:${port}/v1/files`, {
      headers: { authorization: `Bearer ${stand.adminKey}` },
    });
    expect([files.status, await codeOf(files)]).toEqual([503, 'dependency_unavailable']);
    const spooled = async (): Promise<number> => (await readdir(stand.variables.SPOOL_DIR!)).length;
    await until(async () => (await spooled()) > 0, 8_000, 'usage waits on disk');
    expect(await countUsage()).toEqual(before);
    await proxy.open();
    await until(() => isReady(port), 8_000, 'it is ready again');
    await until(async () => (await spooled()) === 0, 10_000, 'the spool is replayed');
    expect(await countUsage()).toEqual({ all: before.all + 10, distinct: before.distinct + 10 });
    await until(async () => (await chat(port, generateApiKey(), 'Hi')).status === 401, 8_000, 'it knows again');
  });
});
