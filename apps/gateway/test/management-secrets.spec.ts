import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readEnvironment } from '@parley/contracts';
import { Runtime } from '@parley/inference';
import { createTestDatabase, generateApiKey, type TestDatabase } from '@parley/persistence';
import { pino } from 'pino';
import { createGateway } from '../src/gateway.ts';
import { chatOnce, openManagement } from './support/management-client.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';

const PROVIDER_KEY = 'provider-key-that-nobody-may-see';
const REFUSED_KEY = 'sk-simulator-bad';

describe('secrets', () => {
  const adminKey = generateApiKey();
  let log = '';
  let simulator: SimulatorProcess;
  let database: TestDatabase;
  let spoolDirectory: string;
  let runtime: Runtime;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    simulator = await startSimulatorProcess();
    database = await createTestDatabase();
    spoolDirectory = await mkdtemp(join(tmpdir(), 'parley-spool-'));
    const environment = readEnvironment({
      DATABASE_URL: database.url,
      ENCRYPTION_MASTER_KEY: '5a'.repeat(32),
      SIMULATOR: 'off',
      SPOOL_DIR: spoolDirectory,
    });
    const logger = pino({ level: 'trace' }, { write: (line: string) => void (log += line) });
    runtime = new Runtime(environment, logger, { app: 'gateway', version: 'test', poolSize: 4 });
    await runtime.open(() => runtime.stores.keys.ensureAdminKey(adminKey));
    app = await createGateway(runtime);
    await app.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await app.close();
    await runtime.close();
    await database.drop();
    await simulator.close();
    await rm(spoolDirectory, { recursive: true, force: true });
  });

  it('are in no answer but the one that made them, in no log line and in no table', async () => {
    const url = await app.getUrl();
    const ask = openManagement({ url, adminKey });
    const texts: string[] = [];
    const api: typeof ask = async (method, path, body) => {
      const answer = await ask(method, path, body);
      texts.push(answer.text, JSON.stringify([...answer.headers]));
      return answer as never;
    };
    const connection = { provider: 'openai', base_url: `${simulator.url}/openai/v1`, allow_private_network: true };
    const keys = [{ api_key: PROVIDER_KEY }];
    await api('POST', '/api/providers', { ...connection, name: 'good', credentials: keys });
    await api('POST', '/api/providers', { ...connection, name: 'good', credentials: keys });
    await api('POST', '/api/providers', { ...connection, name: 'Bad Name', credentials: keys });
    await api('POST', '/api/providers', {
      ...connection,
      name: 'typed',
      credentials: [{ api_key: PROVIDER_KEY, x: 1 }],
    });
    await api('POST', '/api/providers', { ...connection, name: 'typed', credentials: [PROVIDER_KEY] });
    await api('POST', '/api/providers', {
      ...connection,
      name: 'spaced',
      credentials: [{ api_key: `${PROVIDER_KEY}\n` }],
    });
    await api('POST', '/api/providers', { ...connection, name: 'refused', credentials: [{ api_key: REFUSED_KEY }] });
    await api('PATCH', '/api/providers/good', { credentials: keys });
    for (const name of ['good', 'refused']) {
      await api('GET', `/api/providers/${name}`);
      await api('POST', `/api/monitoring/providers/${name}/test`);
      await api('GET', `/api/monitoring/providers/${name}/models`);
      await api('POST', `/api/monitoring/providers/${name}/reset`);
    }
    const made = await ask<{ id: string; key: string }>('POST', '/api/keys', { name: 'made' });
    const rotated = await ask<{ key: string }>('POST', `/api/keys/${made.body.id}/rotate`);
    for (const model of ['good/small', 'refused/small', 'nobody/small']) {
      texts.push(JSON.stringify(await chatOnce(url, rotated.body.key, model)));
    }
    await api('PATCH', `/api/keys/${made.body.id}`, { name: 'renamed' });
    const reads = ['providers', 'monitoring/providers', 'models', 'aliases', 'keys', 'usage', 'requests', 'docs'];
    for (const path of reads) expect((await api('GET', `/api/${path}`)).status).toBe(200);

    const stored: unknown[] = [];
    for (const table of [
      'connections',
      'credentials',
      'llm_models',
      'aliases',
      'api_keys',
      'settings',
      'usage_events',
    ]) {
      stored.push(await database.dataSource.query(`SELECT ${table}::text FROM ${table}`));
    }
    const seen = { answers: texts.join('\n'), log, database: JSON.stringify(stored) };
    expect(seen.log).toContain('"msg":"call"');
    for (const secret of [PROVIDER_KEY, REFUSED_KEY, adminKey, made.body.key, rotated.body.key]) {
      const where = Object.entries(seen).filter(([, text]) => text.includes(secret));
      expect(where.map(([place]) => place)).toEqual([]);
    }
  });
});
