import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConnectionStore } from '../connections/connection-store.ts';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { createVault } from '../vault/vault.ts';
import { ModelStore } from './model-store.ts';

let database: TestDatabase;
let connections: ConnectionStore;
let store: ModelStore;
beforeAll(async () => {
  database = await createTestDatabase();
  connections = new ConnectionStore(database.dataSource, createVault('5a'.repeat(32)));
  store = new ModelStore(database.dataSource);
  await connections.create({ name: 'main', provider: 'openai', source: 'admin', apiKeys: [] });
});
afterAll(() => database.drop());

describe('ModelStore', () => {
  it("creates an administrator's model with the provider of its connection", async () => {
    const pricing = { input: '1.00', output: '2.00' };
    const created = await store.create({
      modelId: 'main/gpt',
      connection: 'main',
      upstreamModel: 'gpt',
      contextLength: 128_000,
      pricing,
    });
    expect(created).toMatchObject({
      modelId: 'main/gpt',
      provider: 'openai',
      dialect: null,
      displayName: null,
      contextLength: 128_000,
      maxOutputTokens: null,
      pricing,
      capabilities: {},
      isAvailable: true,
      source: 'admin',
      fieldSources: { context_length: 'admin', pricing: 'admin' },
    });
    expect(await store.find('main/gpt')).toEqual(created);
  });

  it('refuses an id that is taken and a connection that does not exist', async () => {
    const model = { modelId: 'main/gpt', connection: 'main', upstreamModel: 'other' };
    await expect(store.create(model)).rejects.toMatchObject({
      code: 'conflict',
      details: { param: 'model_id', values: { value: 'main/gpt' } },
    });
    await expect(store.create({ ...model, connection: 'nowhere' })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { param: 'connection' },
    });
  });

  it('adds missing models and leaves known ones alone', async () => {
    const seed = [
      { modelId: 'main/gpt', connection: 'main', upstreamModel: 'gpt', contextLength: 1 },
      { modelId: 'main/mini', connection: 'main', upstreamModel: 'mini', capabilities: { tools: true } },
      { modelId: 'main/mini', connection: 'main', upstreamModel: 'mini' },
      { modelId: 'nowhere/x', connection: 'nowhere', upstreamModel: 'x' },
    ];
    expect(await store.insertMissing(seed, 'catalog')).toBe(1);
    expect(await store.insertMissing(seed, 'catalog')).toBe(0);
    expect(await store.insertMissing([], 'catalog')).toBe(0);
    expect(await store.find('main/gpt')).toMatchObject({ contextLength: 128_000, source: 'admin' });
    expect(await store.find('main/mini')).toMatchObject({
      capabilities: { tools: true },
      source: 'catalog',
      fieldSources: { capabilities: 'catalog' },
    });
  });

  it('changes what is given, remembers that an administrator said so, and forgets it when he takes it back', async () => {
    const updated = await store.update('main/mini', { pricing: null, isAvailable: false, displayName: undefined });
    expect(updated).toMatchObject({
      pricing: null,
      isAvailable: false,
      capabilities: { tools: true },
      source: 'catalog',
      fieldSources: { capabilities: 'catalog', is_available: 'admin' },
    });
    const [row] = await database.dataSource.query(
      `SELECT pricing IS NULL AS unset FROM llm_models WHERE model_id = $1`,
      ['main/mini'],
    );
    expect(row).toEqual({ unset: true });
    await store.update('main/gpt', { pricing: null });
    expect(await store.find('main/gpt')).toMatchObject({
      pricing: null,
      contextLength: 128_000,
      fieldSources: { context_length: 'admin' },
    });
    const handedBack = await store.update('main/mini', { isAvailable: null, capabilities: null, dialect: null });
    expect(handedBack).toMatchObject({ isAvailable: true, capabilities: {}, dialect: null, fieldSources: {} });
  });

  it('keeps every price that a model had, and counts on where the model is added again', async () => {
    const model = { modelId: 'main/priced', connection: 'main', upstreamModel: 'priced' };
    await store.create({ ...model, pricing: { input: '1' } });
    await store.update('main/priced', { pricing: { input: '2' } });
    await store.update('main/priced', { pricing: { input: '2' }, displayName: 'Same price' });
    await store.remove('main/priced');
    expect(await store.create({ ...model, pricing: { input: '2' } })).toMatchObject({ priceVersion: 2 });
    expect(await store.update('main/priced', { pricing: null })).toMatchObject({ priceVersion: 3 });
    await store.remove('main/priced');
    expect(await store.create(model)).toMatchObject({ priceVersion: 3 });
    const history = await store.priceHistory('main/priced');
    expect(history).toMatchObject([
      { version: 3, pricing: null, source: null },
      { version: 2, pricing: { input: '2' }, source: 'admin' },
      { version: 1, pricing: { input: '1' }, source: 'admin' },
    ]);
    const times = history.map(({ validFrom }) => validFrom.getTime());
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(await store.priceHistory('main/mini')).toEqual([]);
    await store.remove('main/priced');
  });

  it('keeps no price of a seeded model that was there already', async () => {
    const seed = [{ modelId: 'main/seeded', connection: 'main', upstreamModel: 'seeded', pricing: { input: '1' } }];
    expect(await store.insertMissing(seed, 'catalog')).toBe(1);
    expect(await store.insertMissing([{ ...seed[0]!, pricing: { input: '9' } }], 'catalog')).toBe(0);
    expect(await store.priceHistory('main/seeded')).toMatchObject([{ version: 1, pricing: { input: '1' } }]);
    await store.remove('main/seeded');
  });

  it('pages through all models in the order of their ids, each exactly once', async () => {
    const ids = Array.from({ length: 23 }, (_, index) => `main/${index % 2 ? 'Z' : 'a'}-${index}`);
    await store.insertMissing(
      ids.map((modelId) => ({ modelId, connection: 'main', upstreamModel: modelId })),
      'provider',
    );
    const seen: string[] = [];
    for (let hasMore = true; hasMore;) {
      const page = await store.list({ limit: 10, after: seen.at(-1) });
      seen.push(...page.models.map(({ modelId }) => modelId));
      hasMore = page.hasMore;
    }
    expect(seen).toEqual([...ids, 'main/gpt', 'main/mini'].toSorted());
    expect(await store.list({ limit: 25 })).toMatchObject({ hasMore: false });
    expect(await store.list({ limit: 24 })).toMatchObject({ hasMore: true });
  });

  it('removes a model, and all models of a removed connection', async () => {
    expect(await store.remove('main/gpt')).toBe(true);
    expect(await store.remove('main/gpt')).toBe(false);
    expect(await store.find('main/gpt')).toBeUndefined();
    expect(await store.update('main/gpt', { isAvailable: true })).toBeUndefined();
    await connections.remove('main');
    expect(await store.list({ limit: 1 })).toEqual({ models: [], hasMore: false });
  });
});
