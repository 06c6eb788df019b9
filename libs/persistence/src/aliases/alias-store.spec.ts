import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { AliasStore } from './alias-store.ts';

let database: TestDatabase;
let store: AliasStore;
beforeAll(async () => {
  database = await createTestDatabase();
  store = new AliasStore(database.dataSource);
});
afterAll(() => database.drop());

describe('AliasStore', () => {
  it('puts an alias in either spelling of a deployment, and replaces it', async () => {
    const first = await store.put('fast', { strategy: 'priority', deployments: ['a/x', { model: 'b/y', weight: 2 }] });
    expect(first).toMatchObject({
      name: 'fast',
      strategy: 'priority',
      deployments: [
        { model: 'a/x', weight: 1 },
        { model: 'b/y', weight: 2 },
      ],
    });
    const second = await store.put('fast', { strategy: 'weighted', deployments: [{ model: 'b/y' }] });
    expect(second).toMatchObject({ strategy: 'weighted', deployments: [{ model: 'b/y', weight: 1 }] });
    expect(second.createdAt).toEqual(first.createdAt);
    expect(second.updatedAt.getTime()).toBeGreaterThan(first.updatedAt.getTime());
    expect(await store.get('fast')).toEqual(second);
  });

  it('lists by name, removes, and knows what is not there', async () => {
    await store.put('default', { strategy: 'priority', deployments: ['a/x'] });
    expect((await store.list()).map(({ name }) => name)).toEqual(['default', 'fast']);
    expect(await store.remove('fast')).toBe(true);
    expect(await store.remove('fast')).toBe(false);
    expect(await store.get('fast')).toBeUndefined();
  });
});
