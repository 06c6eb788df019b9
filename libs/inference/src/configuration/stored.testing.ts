import type { StoredConfiguration, StoredConnection, StoredModel } from '@parley/persistence';

export function storedConnection(name: string, fields: Partial<StoredConnection> = {}): StoredConnection {
  return {
    id: `id-${name}`,
    name,
    provider: 'openai',
    baseUrl: null,
    enabled: true,
    allowPrivateNetwork: false,
    options: {},
    credentials: [{ id: `credential-${name}`, apiKey: 'secret', last4: 'cret' }],
    problem: null,
    ...fields,
  };
}

/** A model whose id is `<connection>/<upstream model>`. */
export function storedModel(modelId: string, fields: Partial<StoredModel> = {}): StoredModel {
  const slash = modelId.indexOf('/');
  return {
    modelId,
    connection: modelId.slice(0, slash),
    provider: 'openai',
    upstreamModel: modelId.slice(slash + 1),
    dialect: null,
    displayName: null,
    contextLength: null,
    maxOutputTokens: null,
    pricing: { input: '1', output: '2' },
    priceVersion: 1,
    capabilities: {},
    isAvailable: true,
    missingSince: null,
    source: 'catalog',
    createdAt: new Date(0),
    updatedAt: new Date(0),
    ...fields,
  };
}

export const stored = (fields: Partial<StoredConfiguration>): StoredConfiguration => ({
  connections: [],
  models: [],
  aliases: [],
  keys: [],
  ...fields,
});
