import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AliasStore } from '../aliases/alias-store.ts';
import { ConnectionStore } from '../connections/connection-store.ts';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { KeyStore } from '../keys/key-store.ts';
import { ModelStore } from '../models/model-store.ts';
import { createKeyHasher } from '../vault/api-key-secret.ts';
import { createVault } from '../vault/vault.ts';
import { readConfiguration } from './read-configuration.ts';

const MASTER_KEY = '5a'.repeat(32);
const vault = createVault(MASTER_KEY);
const hashKey = createKeyHasher(MASTER_KEY);
const apiKeys = ['sk-provider-first-1111', 'sk-provider-second-2222'];

let database: TestDatabase;
let connections: ConnectionStore;
let secret: string;
let keyId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const { dataSource } = database;
  connections = new ConnectionStore(dataSource, vault);
  await connections.create({ name: 'main', provider: 'openai', source: 'admin', apiKeys });
  await connections.create({ name: 'local', provider: 'ollama', source: 'environment', apiKeys: [] });
  await new ModelStore(dataSource).create({ modelId: 'main/gpt', connection: 'main', upstreamModel: 'gpt' });
  await new AliasStore(dataSource).put('fast', { strategy: 'priority', deployments: ['main/gpt'] });
  const made = await new KeyStore(dataSource, hashKey).create({ name: 'team', role: 'member', rpm: 5 });
  ({ secret } = made);
  keyId = made.key.id;
});
afterAll(() => database.drop());

describe('readConfiguration', () => {
  it('reads everything, with the credentials opened in their order', async () => {
    const configuration = await readConfiguration(database.dataSource, vault);
    expect(configuration.connections).toEqual([
      {
        id: expect.any(String),
        name: 'local',
        provider: 'ollama',
        baseUrl: null,
        enabled: true,
        allowPrivateNetwork: false,
        options: {},
        credentials: [],
        problem: null,
      },
      expect.objectContaining({
        name: 'main',
        problem: null,
        credentials: apiKeys.map((apiKey) => ({ id: expect.any(String), apiKey, last4: apiKey.slice(-4) })),
      }),
    ]);
    expect(configuration.models).toMatchObject([
      { modelId: 'main/gpt', provider: 'openai', createdAt: expect.any(Date) },
    ]);
    expect(configuration.aliases).toEqual([
      { name: 'fast', strategy: 'priority', deployments: [{ model: 'main/gpt', weight: 1 }] },
    ]);
    expect(configuration.keys).toEqual([
      {
        id: keyId,
        name: 'team',
        role: 'member',
        hash: hashKey(secret),
        last4: secret.slice(-4),
        models: null,
        rpm: 5,
        tpm: null,
        maxParallel: null,
        budgets: [],
        expiresAt: null,
        locale: null,
        tags: [],
        project: null,
      },
    ]);
  });

  it('never sees half of a change: no model without its connection, no mixed credentials', async () => {
    const { dataSource } = database;
    const models = new ModelStore(dataSource);
    let done = false;
    const changing = (async () => {
      for (let round = 0; round < 30; round++) {
        const pair = Array.from({ length: 2 }, () => `sk-provider-round-${1000 + round}`);
        await connections.create({ name: 'brief', provider: 'openai', source: 'admin', apiKeys: pair });
        await models.insertMissing([{ modelId: 'brief/m', connection: 'brief', upstreamModel: 'm' }], 'catalog');
        await connections.update('brief', { apiKeys: pair.map((apiKey) => `${apiKey}-next`) });
        await connections.remove('brief');
      }
      done = true;
    })();
    while (!done) {
      const read = await readConfiguration(dataSource, vault);
      const names = new Set(read.connections.map(({ name }) => name));
      for (const { connection } of read.models) expect(names).toContain(connection);
      const brief = read.connections.find(({ name }) => name === 'brief');
      if (brief)
        expect([brief.credentials.length, new Set(brief.credentials.map(({ apiKey }) => apiKey)).size]).toEqual([2, 1]);
    }
    await changing;
  });

  it('reports a connection whose credential was swapped or changed, and keeps the others', async () => {
    await connections.create({
      name: 'swapped',
      provider: 'openai',
      source: 'admin',
      apiKeys: ['sk-provider-third-3333'],
    });
    await database.dataSource.query(`
      UPDATE credentials SET sealed = (
        SELECT c.sealed FROM credentials c JOIN connections ON connections.id = connection_id
        WHERE connections.name = 'main' AND position = 0)
      WHERE last4 = '3333'`);
    const { connections: read } = await readConfiguration(database.dataSource, vault);
    expect(read.map(({ name, credentials, problem }) => [name, credentials.length, problem])).toEqual([
      ['local', 0, null],
      ['main', 2, null],
      ['swapped', 0, 'A sealed value in credentials was changed or belongs to another row'],
    ]);
  });

  it('reports every connection with credentials when the master key is another one', async () => {
    const { connections: read, keys } = await readConfiguration(database.dataSource, createVault('a5'.repeat(32)));
    expect(read.map(({ name, problem }) => [name, problem])).toEqual([
      ['local', null],
      ['main', expect.stringContaining('another ENCRYPTION_MASTER_KEY')],
      ['swapped', expect.stringContaining('another ENCRYPTION_MASTER_KEY')],
    ]);
    expect(keys).toHaveLength(1);
  });

  it('leaves no byte of any key in any column of any table', async () => {
    const columns: { table_name: string; column_name: string }[] = await database.dataSource.query(
      `SELECT table_name, column_name FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'bytea', 'jsonb')`,
    );
    const secrets = [...apiKeys, secret];
    let cells = 0;
    for (const { table_name, column_name } of columns) {
      const rows: { cell: unknown }[] = await database.dataSource.query(
        `SELECT "${column_name}" AS cell FROM "${table_name}" WHERE "${column_name}" IS NOT NULL`,
      );
      for (const { cell } of rows) {
        const bytes = Buffer.isBuffer(cell)
          ? cell
          : Buffer.from(typeof cell === 'string' ? cell : JSON.stringify(cell));
        for (const text of secrets) expect(findPartOf(text, bytes)).toBeUndefined();
        cells++;
      }
    }
    expect(cells).toBeGreaterThan(30);
  });
});

/** Any 8 characters of a secret behind its public prefix, as they are, in hex or in base64. */
function findPartOf(text: string, bytes: Buffer): string | undefined {
  for (let start = 'sk-parley-'.length; start + 8 <= text.length; start++) {
    const part = Buffer.from(text.slice(start, start + 8));
    const spellings = [part, Buffer.from(part.toString('hex')), Buffer.from(part.toString('base64url'))];
    if (spellings.some((spelling) => bytes.includes(spelling))) return part.toString();
  }
  return undefined;
}
