import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { createKeyHasher, generateApiKey } from '../vault/api-key-secret.ts';
import { ENVIRONMENT_KEY_ID, KeyStore } from './key-store.ts';

const hashKey = createKeyHasher('5a'.repeat(32));
let database: TestDatabase;
let store: KeyStore;
beforeAll(async () => {
  database = await createTestDatabase();
  store = new KeyStore(database.dataSource, hashKey);
});
afterAll(() => database.drop());

async function readHashes(): Promise<string[]> {
  const rows: { hash: Buffer }[] = await database.dataSource.query('SELECT hash FROM api_keys');
  return rows.map(({ hash }) => hash.toString('hex'));
}

describe('KeyStore', () => {
  it('gives the secret once and shows its end afterwards', async () => {
    const { key, secret } = await store.create({ name: 'plain', role: 'member' });
    expect(secret).toMatch(/^sk-parley-[A-Za-z0-9_-]{43}$/);
    expect(key).toEqual({
      id: expect.stringMatching(/^key_[A-Za-z0-9_-]{22}$/),
      name: 'plain',
      role: 'member',
      last4: secret.slice(-4),
      models: null,
      rpm: null,
      tpm: null,
      maxParallel: null,
      budgets: [],
      expiresAt: null,
      locale: null,
      tags: [],
      project: null,
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      rotatedAt: null,
    });
    expect(await readHashes()).toEqual([hashKey(secret)]);
    expect(await store.find(key.id)).toEqual(key);
    expect(JSON.stringify(await store.list())).not.toContain(secret);
  });

  it('keeps every field, and changes or unsets what is given', async () => {
    const fields = {
      name: 'team a',
      role: 'admin',
      models: ['openai/*'],
      rpm: 60,
      tpm: 1000,
      maxParallel: 3,
      budgets: [{ usd: '1.00', period: 'month', hard: true }],
      expiresAt: new Date('2030-01-01T00:00:00Z'),
      locale: 'uk',
      tags: ['a'],
      project: 'p',
    } as const;
    const { key } = await store.create({
      ...fields,
      models: [...fields.models],
      budgets: [...fields.budgets],
      tags: [...fields.tags],
    });
    expect(key).toMatchObject(fields);
    const updated = await store.update(key.id, { models: null, rpm: null, tags: ['b', 'c'], name: undefined });
    expect(updated).toEqual({ ...key, models: null, rpm: null, tags: ['b', 'c'], updatedAt: updated?.updatedAt });
  });

  it('rotates to a new secret under the same id, and the old hash is gone', async () => {
    const { key, secret } = await store.create({ name: 'rotating', role: 'member' });
    const rotated = await store.rotate(key.id);
    expect(rotated?.secret).not.toBe(secret);
    expect(rotated?.key).toMatchObject({ id: key.id, name: 'rotating', last4: rotated?.secret.slice(-4) });
    expect(rotated?.key.rotatedAt).toBeInstanceOf(Date);
    const hashes = await readHashes();
    expect(hashes).toContain(hashKey(rotated?.secret ?? ''));
    expect(hashes).not.toContain(hashKey(secret));
  });

  it('makes the environment’s admin key once, whoever asks how often', async () => {
    const secret = generateApiKey();
    await Promise.all([1, 2, 3].map(() => store.ensureAdminKey(secret)));
    await store.ensureAdminKey(secret);
    const made = (await store.list()).filter(({ name }) => name === 'ADMIN_KEY');
    expect(made).toMatchObject([{ role: 'admin', last4: secret.slice(-4), models: null, budgets: [] }]);
  });

  it('ends the former admin key of the environment when the variable changes', async () => {
    const [former, next] = [generateApiKey(), generateApiKey()];
    await store.ensureAdminKey(former);
    await store.ensureAdminKey(next);
    const hashes = await readHashes();
    expect(hashes).toContain(hashKey(next));
    expect(hashes).not.toContain(hashKey(former));
    expect(await store.find(ENVIRONMENT_KEY_ID)).toMatchObject({ role: 'admin', last4: next.slice(-4) });
  });

  it('leaves a key alone whose secret ADMIN_KEY repeats', async () => {
    const { key, secret } = await store.create({ name: 'same', role: 'admin' });
    await store.ensureAdminKey(secret);
    expect(await store.find(key.id)).toEqual(key);
  });

  it('removes a key and knows what is not there', async () => {
    const { key } = await store.create({ name: 'leaving', role: 'member' });
    expect(await store.remove(key.id)).toBe(true);
    expect(await store.remove(key.id)).toBe(false);
    expect(await store.find(key.id)).toBeUndefined();
    expect(await store.update(key.id, { name: 'x' })).toBeUndefined();
    expect(await store.rotate(key.id)).toBeUndefined();
  });
});
