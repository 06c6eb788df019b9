import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { SettingStore } from './setting-store.ts';

let database: TestDatabase;
let store: SettingStore;
beforeAll(async () => {
  database = await createTestDatabase();
  store = new SettingStore(database.dataSource);
});
afterAll(() => database.drop());

describe('SettingStore', () => {
  it('keeps any JSON value, also null, and replaces it', async () => {
    for (const value of [{ nested: [1, 'two', null] }, 'text', 0, false, null, []]) {
      await store.put('any', value);
      expect(await store.get('any')).toEqual(value);
    }
    await store.put('other', 1);
    expect(await store.list()).toEqual({ any: [], other: 1 });
  });

  it('removes a setting and knows what is not there', async () => {
    expect(await store.remove('other')).toBe(true);
    expect(await store.remove('other')).toBe(false);
    expect(await store.get('other')).toBeUndefined();
  });
});
