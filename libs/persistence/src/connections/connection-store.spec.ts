import { GatewayError } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { createVault } from '../vault/vault.ts';
import { ConnectionStore } from './connection-store.ts';

let database: TestDatabase;
let store: ConnectionStore;
beforeAll(async () => {
  database = await createTestDatabase();
  store = new ConnectionStore(database.dataSource, createVault('5a'.repeat(32)));
});
afterAll(() => database.drop());

const openai = {
  name: 'openai',
  provider: 'openai',
  source: 'admin',
  apiKeys: ['sk-provider-first-1111', 'sk-provider-second-2222', 'short'],
} as const;

describe('ConnectionStore', () => {
  it('creates a connection and shows its credentials by their ends only, in the given order', async () => {
    const created = await store.create({ ...openai, apiKeys: [...openai.apiKeys] });
    expect(created).toMatchObject({
      name: 'openai',
      baseUrl: null,
      enabled: true,
      allowPrivateNetwork: false,
      options: {},
      source: 'admin',
      createdAt: expect.any(Date),
    });
    expect(created.credentials.map(({ last4 }) => last4)).toEqual(['1111', '2222', '']);
    expect(await store.find('openai')).toEqual(created);
    expect(await store.list()).toEqual([created]);
    expect(JSON.stringify(created)).not.toMatch(/provider-|sealed|short/);
  });

  it('refuses a name that is taken and keeps the first connection', async () => {
    const attempt = store.create({ ...openai, apiKeys: [], baseUrl: 'http://127.0.0.1:1' });
    await expect(attempt).rejects.toBeInstanceOf(GatewayError);
    await expect(attempt).rejects.toMatchObject({
      code: 'conflict',
      details: { param: 'name', values: { param: 'name', value: 'openai' } },
    });
    expect(await store.find('openai')).toMatchObject({ baseUrl: null });
  });

  it('changes only what is given', async () => {
    const before = await store.find('openai');
    const after = await store.update('openai', {
      enabled: false,
      baseUrl: undefined,
      options: { passthrough_models: true },
    });
    expect(after).toEqual({
      ...before,
      enabled: false,
      options: { passthrough_models: true },
      updatedAt: after?.updatedAt,
    });
    expect(await store.update('openai', {})).toMatchObject({ enabled: false });
  });

  it('replaces all credentials at once, and leaves exactly one set when two replace them together', async () => {
    await Promise.all(
      ['a', 'b', 'c'].map((letter) => store.update('openai', { apiKeys: [`sk-${letter}`.padEnd(20, letter)] })),
    );
    expect((await store.find('openai'))?.credentials).toHaveLength(1);
    expect((await store.update('openai', { apiKeys: [] }))?.credentials).toEqual([]);
  });

  it('removes a connection with its credentials, and knows what is not there', async () => {
    expect(await store.remove('openai')).toBe(true);
    expect(await store.remove('openai')).toBe(false);
    expect(await store.find('openai')).toBeUndefined();
    expect(await store.update('openai', { enabled: true })).toBeUndefined();
    expect(await database.dataSource.query('SELECT * FROM credentials')).toEqual([]);
  });
});
