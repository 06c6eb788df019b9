import type { Capabilities, DialectId, Pricing } from '@parley/contracts';
import type { Runtime } from '@parley/inference';
import type { KeyFields } from '@parley/persistence';

export type ModelSetup = {
  /** Upstream name; the public id is `<connection>/<name>`. */
  name: string;
  pricing?: Pricing | null;
  /** The one that the provider speaks first, unless given. */
  dialect?: DialectId;
  capabilities?: Capabilities;
  isAvailable?: boolean;
};

export type ConnectionSetup = {
  name: string;
  provider: 'openai' | 'anthropic' | 'google' | 'openai-compatible' | 'anthropic-compatible' | 'ollama' | 'cohere';
  baseUrl: string;
  /** `['test-provider-key']` unless given. */
  apiKeys?: string[];
  models?: ModelSetup[];
  /** Whether any other model name may be asked for as well; so unless given. */
  passthrough?: boolean;
  /** Off only where a test wants to see private addresses refused. */
  allowPrivateNetwork?: boolean;
};

/** Stores a connection with its models. The caller reloads the configuration, or waits for the change to be heard. */
export async function addConnection(runtime: Runtime, setup: ConnectionSetup): Promise<void> {
  const { name, provider, baseUrl, apiKeys = ['test-provider-key'], models = [] } = setup;
  const { passthrough = true, allowPrivateNetwork = true } = setup;
  await runtime.stores.connections.create({
    name,
    provider,
    source: 'admin',
    apiKeys,
    baseUrl,
    allowPrivateNetwork,
    options: { passthrough_models: passthrough },
  });
  for (const { name: upstreamModel, ...fields } of models) {
    await runtime.stores.models.create({
      modelId: `${name}/${upstreamModel}`,
      connection: name,
      upstreamModel,
      ...fields,
    });
  }
}

/** Adds a member's key and gives its secret. It is valid at once. */
export async function addKey(
  runtime: Runtime,
  fields: Partial<KeyFields> = {},
): Promise<{ id: string; secret: string }> {
  const { key, secret } = await runtime.stores.keys.create({ name: 'test', role: 'member', ...fields });
  await runtime.configuration.reload();
  return { id: key.id, secret };
}

/** Gives a name to deployments, tried in the given order. */
export async function addAlias(runtime: Runtime, name: string, deployments: string[]): Promise<void> {
  await runtime.stores.aliases.put(name, { strategy: 'priority', deployments });
  await runtime.configuration.reload();
}

const DOLLARS: Pricing = { input: '1', output: '2', cached_input: '0.1', cache_write: '1.25', cache_write_1h: '2' };

/** The simulator's three connections, each with its models `small` and `large` at round prices. */
export function simulatorConnections(url: string): ConnectionSetup[] {
  const models: ModelSetup[] = [
    { name: 'small', pricing: DOLLARS },
    { name: 'large', pricing: DOLLARS, capabilities: { reasoning: 'budget' } },
  ];
  return [
    { name: 'openai', provider: 'openai', baseUrl: `${url}/openai/v1`, models },
    { name: 'anthropic', provider: 'anthropic', baseUrl: `${url}/anthropic`, models },
    { name: 'google', provider: 'google', baseUrl: `${url}/gemini`, models },
  ];
}
