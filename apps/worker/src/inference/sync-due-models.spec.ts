import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '@parley/contracts';
import { Runtime } from '@parley/inference';
import { createTestDatabase, type TestDatabase } from '@parley/persistence';
import { pino } from 'pino';
import { syncDueModels } from './sync-due-models.ts';

const WORKERS = 3;

describe('the hourly sync', () => {
  let database: TestDatabase;
  let server: Server;
  let workers: Runtime[] = [];
  let asked = 0;
  let list = [{ id: 'one' }];
  let status = 200;
  const logged: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ data: list }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const environment = readEnvironment({
      DATABASE_URL: database.url,
      ENCRYPTION_MASTER_KEY: '5a'.repeat(32),
      SPOOL_DIR: join(tmpdir(), 'parley-hourly-sync'),
    });
    const logger = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) });
    workers = Array.from(
      { length: WORKERS },
      () => new Runtime(environment, logger, { app: 'worker', version: 'test', poolSize: 2 }),
    );
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    await workers[0]!.open(async () => {
      const shared = { provider: 'openai-compatible', source: 'admin' as const, apiKeys: ['the-secret-key'] };
      const { connections } = workers[0]!.stores;
      await connections.create({ ...shared, name: 'local', baseUrl, allowPrivateNetwork: true });
      await connections.create({ ...shared, name: 'off', baseUrl, allowPrivateNetwork: true, enabled: false });
    });
    await Promise.all(workers.slice(1).map((worker) => worker.open()));
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    server.close();
    await database.drop();
  });

  const letAnHourPass = () =>
    database.dataSource.query(`UPDATE model_syncs SET started_at = started_at - interval '1 hour'`);
  const syncAll = () => Promise.all(workers.map((worker) => syncDueModels(worker)));
  const find = (name: string) => workers[0]!.stores.models.find(`local/${name}`);

  it('is done by one of the workers, for the connections that can be used, and again after an hour', async () => {
    await syncAll();
    expect([asked, (await find('one'))?.source]).toEqual([1, 'provider']);
    await syncAll();
    expect(asked).toBe(1);
    await letAnHourPass();
    list = [{ id: 'two' }];
    await syncAll();
    expect([asked, (await find('one'))?.isAvailable, (await find('two'))?.isAvailable]).toEqual([2, false, true]);
    expect(await workers[0]!.stores.modelSyncs.list()).toMatchObject([{ connection: 'local', errorCode: null }]);
  });

  it('outlives the failure of a provider, logs it and notes it, and leaves the models as they are', async () => {
    await letAnHourPass();
    status = 401;
    await syncAll();
    expect((await find('two'))?.isAvailable).toBe(true);
    expect(await workers[0]!.stores.modelSyncs.list()).toMatchObject([
      { connection: 'local', errorCode: 'provider_auth_failed', finishedAt: expect.any(Date) },
    ]);
    const lines = logged.filter((line) => line.includes('provider_auth_failed'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ connection: 'local', error: 'provider_auth_failed' });
    expect(logged.join('')).not.toContain('the-secret-key');
  });
});
