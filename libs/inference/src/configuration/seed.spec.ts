import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readEnvironment } from '@parley/contracts';
import {
  ConnectionStore,
  createTestDatabase,
  createVault,
  ModelStore,
  SettingStore,
  type Model,
  type TestDatabase,
} from '@parley/persistence';
import { seedConfiguration, type SeedStores } from './seed.ts';

const MASTER_KEY = '0123456789abcdef'.repeat(4);
let database: TestDatabase;
let stores: SeedStores;

beforeAll(async () => {
  database = await createTestDatabase();
  stores = {
    connections: new ConnectionStore(database.dataSource, createVault(MASTER_KEY)),
    models: new ModelStore(database.dataSource),
    settings: new SettingStore(database.dataSource),
  };
});
afterAll(() => database.drop());
beforeEach(() => database.dataSource.query('TRUNCATE connections, llm_models, settings CASCADE'));

const seed = (variables: Record<string, string> = {}): Promise<void> =>
  seedConfiguration(
    stores,
    readEnvironment({ DATABASE_URL: database.url, ENCRYPTION_MASTER_KEY: MASTER_KEY, ...variables }),
    variables,
  );
const connectionNames = async (): Promise<string[]> => (await stores.connections.list()).map(({ name }) => name);
const listModels = async (): Promise<Model[]> => (await stores.models.list({ limit: 10_000 })).models;

describe('the first start', () => {
  it('makes the three connections of the simulator where no provider is configured', async () => {
    await seed({ SIMULATOR_URL: 'http://127.0.0.1:4999' });
    const connections = await stores.connections.list();
    expect(connections.map(({ name, baseUrl, allowPrivateNetwork }) => [name, baseUrl, allowPrivateNetwork])).toEqual([
      ['simulator', 'http://127.0.0.1:4999/openai/v1', true],
      ['simulator-anthropic', 'http://127.0.0.1:4999/anthropic', true],
      ['simulator-gemini', 'http://127.0.0.1:4999/gemini', true],
    ]);
    const models = await listModels();
    expect(models).toHaveLength(8);
    expect(models.find(({ modelId }) => modelId === 'simulator/small')).toMatchObject({
      pricing: { input: '1', output: '2' },
    });
  });

  it('makes nothing where there is no provider and no simulator', async () => {
    await seed({ SIMULATOR: 'off' });
    expect(await connectionNames()).toEqual([]);
  });

  it('makes a connection for each provider with a key, with its models and prices, and no simulator', async () => {
    await seed({ OPENAI_API_KEY: 'sk-test-abcd', GEMINI_API_KEY: 'google-key' });
    expect(await connectionNames()).toEqual(['google', 'openai']);
    expect(await stores.connections.find('openai')).toMatchObject({
      provider: 'openai',
      baseUrl: null,
      source: 'environment',
      allowPrivateNetwork: false,
      options: { passthrough_models: true },
      credentials: [{ last4: 'abcd' }],
    });
    const models = await listModels();
    const gpt = models.find(({ modelId }) => modelId === 'openai/gpt-4o');
    expect(gpt).toMatchObject({
      connection: 'openai',
      upstreamModel: 'gpt-4o',
      source: 'catalog',
      pricing: { input: '2.5', output: '10' },
    });
    expect(models.filter(({ connection }) => connection === 'openai').every(({ pricing }) => pricing !== null)).toBe(
      true,
    );
    expect(models.filter(({ modelId }) => /image|tts/.test(modelId))).toEqual([]);
    const embedding = models.find(({ modelId }) => modelId === 'openai/text-embedding-3-small');
    expect(embedding).toMatchObject({ pricing: { input: '0.02' }, capabilities: { embeddings: true } });
    expect(gpt?.capabilities).toMatchObject({ embeddings: false });
    expect(models.find(({ modelId }) => modelId === 'google/gemini-embedding-001')).toMatchObject({
      capabilities: { embeddings: true },
    });
  });

  it('takes an address from the environment, and believes that a private one is meant', async () => {
    await seed({
      OPENAI_API_KEY: 'k',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      ANTHROPIC_API_KEY: 'k',
      ANTHROPIC_BASE_URL: 'https://proxy.example',
    });
    expect(await stores.connections.list()).toMatchObject([
      { name: 'anthropic', baseUrl: 'https://proxy.example', allowPrivateNetwork: false },
      { name: 'openai', baseUrl: 'http://127.0.0.1:9/v1', allowPrivateNetwork: true },
    ]);
  });

  it('makes the address of a vendor whose variable holds a host alone', async () => {
    await seed({ DATABRICKS_HOST: 'w.databricks.example', DATABRICKS_TOKEN: 'dapi-0123-abcd' });
    expect(await stores.connections.list()).toMatchObject([
      {
        name: 'databricks',
        baseUrl: 'https://w.databricks.example/serving-endpoints',
        credentials: [{ last4: 'abcd' }],
      },
    ]);
  });

  it.each([
    ['OPENAI_BASE_URL', 'nowhere'],
    ['AZURE_OPENAI_ENDPOINT', 'file:///etc'],
    ['DATABRICKS_HOST', 'a b'],
  ])('says that %s is no address: %s', async (name, value) => {
    const keys = { OPENAI_API_KEY: 'k', AZURE_OPENAI_API_KEY: 'k', DATABRICKS_TOKEN: 'k' };
    await expect(seed({ ...keys, [name]: value })).rejects.toThrow(`${name}: must be a URL`);
  });

  it('takes an address by the name of the provider as well', async () => {
    await seed({
      AZURE_BASE_URL: 'http://127.0.0.1:4010/azure',
      AZURE_OPENAI_ENDPOINT: 'https://res.openai.azure.com',
    });
    expect(await stores.connections.find('azure')).toMatchObject({ baseUrl: 'http://127.0.0.1:4010/azure' });
  });

  it('makes no connection that would have no address', async () => {
    await seed({
      DATABRICKS_TOKEN: 'k',
      LITELLM_API_KEY: 'k',
      OLLAMA_API_KEY: 'k',
      AZURE_OPENAI_API_KEY: 'k',
      SIMULATOR: 'off',
    });
    expect(await connectionNames()).toEqual([]);
  });

  it('makes one without a key to a server that may want none', async () => {
    await seed({ LITELLM_BASE_URL: 'http://127.0.0.1:4001' });
    expect(await stores.connections.list()).toMatchObject([
      { name: 'litellm', baseUrl: 'http://127.0.0.1:4001', allowPrivateNetwork: true, credentials: [] },
    ]);
  });

  it("takes a vendor's options from its variables", async () => {
    await seed({ OPENROUTER_API_KEY: 'k', OPENROUTER_APP_URL: 'https://app.example', OPENROUTER_APP_NAME: 'App' });
    expect((await stores.connections.find('openrouter'))!.options).toEqual({
      passthrough_models: true,
      app_url: 'https://app.example',
      app_name: 'App',
    });
  });

  it('takes a cloud from the variables that its own tools read, with a credential or without', async () => {
    await seed({
      AZURE_OPENAI_ENDPOINT: 'https://res.openai.azure.com',
      AZURE_OPENAI_API_VERSION: '2024-10-21',
      GOOGLE_CLOUD_PROJECT: 'a-project',
      GITHUB_TOKEN: 'gho_x',
      GITHUB_COPILOT_ENABLED: '1',
    });
    const options = { passthrough_models: true };
    expect(await stores.connections.list()).toMatchObject([
      { name: 'azure', credentials: [], options: { ...options, api_version: '2024-10-21' } },
      { name: 'github-copilot', baseUrl: null, options },
      { name: 'github-models', baseUrl: null, options },
      { name: 'vertex', credentials: [], options: { ...options, project: 'a-project' } },
    ]);
    const models = await listModels();
    // What Azure's customers call their deployments, nobody knows, and a subscription has no prices.
    expect(new Set(models.map(({ connection }) => connection))).toEqual(new Set(['vertex']));
    expect(models.find(({ modelId }) => modelId === 'vertex/gemini-2.5-pro')).toMatchObject({ source: 'catalog' });
  });

  it('leaves out a provider that is switched off', async () => {
    await seed({ OPENAI_API_KEY: 'k', OPENAI_ENABLED: '0', SIMULATOR: 'off' });
    expect(await connectionNames()).toEqual([]);
  });
});

describe('a later start', () => {
  it('changes nothing', async () => {
    await seed({ OPENAI_API_KEY: 'k' });
    await stores.connections.update('openai', { enabled: false });
    const before = [await stores.connections.list(), await listModels()];
    await seed({ OPENAI_API_KEY: 'another' });
    expect([await stores.connections.list(), await listModels()]).toEqual(before);
  });

  it('does not bring back a connection that was deleted', async () => {
    await seed({ OPENAI_API_KEY: 'k' });
    await stores.connections.remove('openai');
    await seed({ OPENAI_API_KEY: 'k' });
    expect([await connectionNames(), await listModels()]).toEqual([[], []]);
  });

  it('adds a provider whose key has come since', async () => {
    await seed();
    await seed({ ANTHROPIC_API_KEY: 'k' });
    expect(await connectionNames()).toEqual(['anthropic', 'simulator', 'simulator-anthropic', 'simulator-gemini']);
  });

  it('follows the simulator to where it listens now', async () => {
    await seed({ SIMULATOR_URL: 'http://127.0.0.1:1' });
    await seed({ SIMULATOR_URL: 'http://127.0.0.1:2' });
    expect((await stores.connections.find('simulator-gemini'))!.baseUrl).toBe('http://127.0.0.1:2/gemini');
  });
});

describe('gateways that start at the same time', () => {
  it('make everything once', async () => {
    const variables = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' };
    await Promise.all([seed(variables), seed(variables), seed(variables)]);
    expect(await connectionNames()).toEqual(['anthropic', 'openai']);
    const ids = (await listModels()).map(({ modelId }) => modelId);
    expect(ids.length).toBeGreaterThan(10);
    await seed(variables);
    expect((await listModels()).map(({ modelId }) => modelId)).toEqual(ids);
  });
});
