import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { AliasStore } from '../aliases/alias-store.ts';
import { ConnectionStore } from '../connections/connection-store.ts';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { KeyStore } from '../keys/key-store.ts';
import { ModelStore } from '../models/model-store.ts';
import { SettingStore } from '../settings/setting-store.ts';
import { createKeyHasher } from '../vault/api-key-secret.ts';
import { createVault } from '../vault/vault.ts';
import { ChangeFeed } from './change-feed.ts';
import { notifyChange } from './notify-change.ts';

const MASTER_KEY = '5a'.repeat(32);
/** Backends are ended by this name, on a server that other tests may share. */
const APPLICATION = `change-feed-${randomUUID()}`;

let database: TestDatabase;
let feed: ChangeFeed;
let heard: string[];
let problems: Error[];
let wake: () => void = () => {};

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  heard = [];
  problems = [];
  feed = new ChangeFeed({
    url: database.url,
    applicationName: APPLICATION,
    onChange: (topic) => {
      heard.push(topic);
      wake();
    },
    onProblem: (error) => problems.push(error),
  });
  await feed.start();
});
afterEach(() => feed.close());

/** What was heard up to the marker that is sent last: Postgres delivers in the order of the commits. */
async function hearUntil(topic: string): Promise<string[]> {
  while (!heard.includes(topic)) await new Promise<void>((resolve) => (wake = resolve));
  return heard.splice(0).slice(0, -1);
}

async function hearAll(): Promise<string[]> {
  await notifyChange(database.dataSource.manager, 'settings');
  return hearUntil('settings');
}

const countFeeds = async (): Promise<number> => {
  const rows = await database.dataSource.query(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()`,
    [APPLICATION],
  );
  return rows[0].count;
};

describe('ChangeFeed', () => {
  it('hears of every write of every store, once for each', async () => {
    const { dataSource } = database;
    const connections = new ConnectionStore(dataSource, createVault(MASTER_KEY));
    await connections.create({ name: 'c', provider: 'openai', source: 'admin', apiKeys: ['sk-provider-1234'] });
    await connections.update('c', { enabled: false });
    expect(await hearAll()).toEqual(['connections', 'connections']);

    const models = new ModelStore(dataSource);
    await models.create({ modelId: 'c/m', connection: 'c', upstreamModel: 'm' });
    await models.update('c/m', { isAvailable: false });
    await models.insertMissing([{ modelId: 'c/n', connection: 'c', upstreamModel: 'n' }], 'catalog');
    await models.remove('c/m');
    expect(await hearAll()).toEqual(['models', 'models', 'models', 'models']);

    const aliases = new AliasStore(dataSource);
    await aliases.put('a', { strategy: 'priority', deployments: ['c/n'] });
    await aliases.remove('a');
    expect(await hearAll()).toEqual(['aliases', 'aliases']);

    const keys = new KeyStore(dataSource, createKeyHasher(MASTER_KEY));
    const { key, secret } = await keys.create({ name: 'k', role: 'member' });
    await keys.update(key.id, { name: 'l' });
    await keys.rotate(key.id);
    await keys.remove(key.id);
    await keys.ensureAdminKey(secret);
    expect(await hearAll()).toEqual(['keys', 'keys', 'keys', 'keys', 'keys']);

    await connections.remove('c');
    expect(await hearAll()).toEqual(['connections']);

    const settings = new SettingStore(dataSource);
    await settings.put('s', 1);
    expect(await hearUntil('settings')).toEqual([]);
    await settings.remove('s');
    expect(await hearUntil('settings')).toEqual([]);
  });

  it('hears nothing of writes that change nothing, fail, or are rolled back', async () => {
    const { dataSource } = database;
    const connections = new ConnectionStore(dataSource, createVault(MASTER_KEY));
    const models = new ModelStore(dataSource);
    await connections.create({ name: 'c', provider: 'openai', source: 'admin', apiKeys: [] });
    expect(await hearAll()).toEqual(['connections']);
    await connections.create({ name: 'c', provider: 'openai', source: 'admin', apiKeys: [] }).catch(() => {});
    await models.create({ modelId: 'x/m', connection: 'x', upstreamModel: 'm' }).catch(() => {});
    await models.insertMissing([{ modelId: 'x/m', connection: 'x', upstreamModel: 'm' }], 'catalog');
    await new AliasStore(dataSource).remove('nothing');
    await new KeyStore(dataSource, createKeyHasher(MASTER_KEY)).rotate('nothing');
    const rolledBack = dataSource.transaction(async (manager) => {
      await notifyChange(manager, 'keys');
      throw new Error('on purpose');
    });
    await expect(rolledBack).rejects.toThrow('on purpose');
    expect(await hearAll()).toEqual([]);
  });

  it('comes back by itself when its backend is terminated, and says that changes may have been missed', async () => {
    for (let round = 1; round <= 2; round++) {
      await database.dataSource.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`,
        [APPLICATION],
      );
      while (!heard.includes('everything')) await new Promise<void>((resolve) => (wake = resolve));
      heard = [];
      expect(problems).toHaveLength(round);
      await notifyChange(database.dataSource.manager, 'keys');
      expect(await hearAll()).toEqual(['keys']);
      expect(await countFeeds()).toBe(1);
    }
  });

  it('keeps trying while Postgres refuses it', async () => {
    const name = new URL(database.url).pathname.slice(1);
    // Postgres forbids it for the database that one is connected to.
    const elsewhere = new pg.Client({ connectionString: new URL('/postgres', database.url).href });
    await elsewhere.connect();
    await elsewhere.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
    await elsewhere.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, [
      APPLICATION,
    ]);
    while (problems.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard).toEqual([]);
    await elsewhere.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);
    await elsewhere.end();
    expect(await hearUntil('everything')).toEqual([]);
  });

  it('leaves no connection and calls nothing back once it is closed', async () => {
    await feed.close();
    while ((await countFeeds()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await notifyChange(database.dataSource.manager, 'keys');
    expect([heard, problems]).toEqual([[], []]);
  });

  it('ends at once when it is closed in the middle of reconnecting', async () => {
    await database.dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`,
      [APPLICATION],
    );
    while (problems.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await feed.close();
    expect(heard).toEqual([]);
    // Postgres takes a moment to notice that a client went in the middle of its greeting.
    while ((await countFeeds()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('rejects at the start when there is no Postgres', async () => {
    const url = new URL(database.url);
    url.port = '1';
    const nowhere = new ChangeFeed({ url: url.href, applicationName: 'x', onChange() {}, onProblem() {} });
    await expect(nowhere.start()).rejects.toThrow();
    await nowhere.close();
  });
});
