import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { ResponseStore } from './response-store.ts';

let database: TestDatabase;
let store: ResponseStore;
beforeAll(async () => {
  database = await createTestDatabase();
  store = new ResponseStore(database.dataSource);
});
afterAll(() => database.drop());
beforeEach(() => database.dataSource.query('DELETE FROM stored_responses'));

const turn = (name: string) => ({ input: `[{"asked":"${name}"}]`, response: `{"said":"${name}"}` });

/** Stores a turn behind the response of the given id. */
async function add(id: string, previousId?: string, ownerKeyId = 'key_a'): Promise<void> {
  const previous = previousId === undefined ? undefined : await store.readConversation(ownerKeyId, previousId);
  await store.insert({
    ownerKeyId,
    id,
    previousPosition: previous?.position ?? null,
    deploymentId: `a/${id}`,
    ...turn(id),
  });
}

describe('ResponseStore', () => {
  it('gives a conversation back from its beginning, and each of its branches by itself', async () => {
    await add('one');
    await add('two', 'one');
    await add('three', 'two');
    await add('other', 'one');
    const read = async (id: string) => (await store.readConversation('key_a', id))?.turns;
    expect(await read('three')).toEqual(['one', 'two', 'three'].map(turn));
    expect(await read('other')).toEqual(['one', 'other'].map(turn));
    expect(await store.find('key_a', 'two')).toEqual(turn('two'));
  });

  it('knows what gave the last response of a conversation', async () => {
    await add('one');
    await add('two', 'one');
    expect((await store.readConversation('key_a', 'one'))?.deploymentId).toBe('a/one');
    expect((await store.readConversation('key_a', 'two'))?.deploymentId).toBe('a/two');
  });

  it('shows nothing to other keys, and lets them delete nothing', async () => {
    await add('one');
    expect(await store.find('key_b', 'one')).toBeUndefined();
    expect(await store.readConversation('key_b', 'one')).toBeUndefined();
    expect(await store.delete('key_b', 'one')).toBe(false);
    expect(await store.find('key_a', 'one')).toEqual(turn('one'));
  });

  it('takes the last response of an id that a provider gave twice, even one that follows itself', async () => {
    await add('same');
    await add('same', 'same');
    await add('same', 'same');
    expect((await store.readConversation('key_a', 'same'))?.turns).toHaveLength(3);
  });

  it('finds several at once, the last of each id, and none of other keys', async () => {
    await add('one');
    await add('two');
    await add('one', 'two');
    await add('theirs', undefined, 'key_b');
    const found = await store.findResponses('key_a', ['two', 'one', 'none', 'theirs', 'odd\0']);
    expect(found.sort()).toEqual([turn('one').response, turn('two').response]);
    expect(await store.findResponses('key_a', [])).toEqual([]);
  });

  it('says that a conversation is not whole when a turn of it was deleted', async () => {
    await add('one');
    await add('two', 'one');
    expect((await store.readConversation('key_a', 'two'))?.isWhole).toBe(true);
    expect(await store.delete('key_a', 'one')).toBe(true);
    expect((await store.readConversation('key_a', 'two'))?.isWhole).toBe(false);
    expect(await store.delete('key_a', 'one')).toBe(false);
  });

  it('keeps what JSON may hold and Postgres may not', async () => {
    const odd = { input: '[{"a":"\\u0000"}]', response: '{"b":"\\ud800 😀","z":1,"a":1.0}' };
    await store.insert({ ownerKeyId: 'key_a', id: 'odd', previousPosition: null, deploymentId: 'a/odd', ...odd });
    expect(await store.find('key_a', 'odd')).toEqual(odd);
  });

  it('knows nothing by a name that is no id', async () => {
    expect(await store.find('key_a', "'; --\0")).toBeUndefined();
    expect(await store.delete('key_a', '')).toBe(false);
  });

  it('removes what is older than asked, in pieces', async () => {
    await database.dataSource.query(`
      INSERT INTO stored_responses (owner_key_id, id, created_at, input, response)
      SELECT 'key_a', 'r' || n, now() - make_interval(days => n % 2 * 10), '[]', '{}' FROM generate_series(1, 2500) n`);
    expect(await store.deleteBefore(new Date(Date.now() - 5 * 86_400_000))).toBe(1250);
    expect(await store.find('key_a', 'r1')).toBeUndefined();
    expect(await store.find('key_a', 'r2')).toBeDefined();
  });
});
