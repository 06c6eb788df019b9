import type { Environment } from '@parley/contracts';
import { GatewayError } from '@parley/contracts';
import type { ConnectionStore, ModelStore, NewConnection, NewModel, SettingStore } from '@parley/persistence';
import { findProvider, knownCapabilities, listPricedModels, PROVIDERS, isServed } from '@parley/providers';
import { readEnvironmentConnection, type Variables } from './environment-connection.ts';
import { isSimulator, SIMULATOR_CONNECTIONS, simulatorModels } from './simulator-models.ts';

export type SeedStores = { connections: ConnectionStore; models: ModelStore; settings: SettingStore };

/** Remembers what was made from the environment once: afterwards the database is the truth, deletions included. */
const SEEDED_SETTING = 'seeded_connections';

/**
 * Brings a new database to life: a connection for every provider whose variables are set, or the simulator's where there
 * is none, each with the models and prices that the catalog knows. Safe to repeat and to run twice at once.
 */
export async function seedConfiguration(
  stores: SeedStores,
  environment: Environment,
  variables: Variables,
): Promise<void> {
  const seeded = new Set(((await stores.settings.get(SEEDED_SETTING)) as string[] | undefined) ?? []);
  const fromEnvironment = PROVIDERS.map((provider) => readEnvironmentConnection(provider, variables)).filter(
    (found) => found !== undefined,
  );
  const known = await stores.connections.list();
  const others = [...fromEnvironment, ...known].some((connection) => !isSimulator(connection.name));
  const wanted = [...fromEnvironment];
  if (environment.SIMULATOR === 'on' && !others) wanted.push(...simulatorConnections(environment.SIMULATOR_URL));
  for (const connection of wanted) {
    if (seeded.has(connection.name)) continue;
    await createUnlessThere(stores.connections, connection);
    await stores.models.insertMissing(catalogModels(connection), 'catalog');
    seeded.add(connection.name);
  }
  await moveSimulator(stores.connections, environment);
  await stores.settings.put(SEEDED_SETTING, [...seeded]);
}

function simulatorConnections(url: string): NewConnection[] {
  return SIMULATOR_CONNECTIONS.map(({ name, provider, path }) => ({
    name,
    provider,
    source: 'environment',
    apiKeys: ['simulator'],
    baseUrl: `${url}${path}`,
    allowPrivateNetwork: true,
    options: { passthrough_models: true },
  }));
}

/** The simulator may listen elsewhere at every start. */
async function moveSimulator(connections: ConnectionStore, environment: Environment): Promise<void> {
  if (environment.SIMULATOR === 'off') return;
  for (const { name, path } of SIMULATOR_CONNECTIONS) {
    const connection = await connections.find(name);
    const baseUrl = `${environment.SIMULATOR_URL}${path}`;
    if (connection?.source === 'environment' && connection.baseUrl !== baseUrl)
      await connections.update(name, { baseUrl });
  }
}

async function createUnlessThere(connections: ConnectionStore, connection: NewConnection): Promise<void> {
  try {
    await connections.create(connection);
  } catch (error) {
    // Another gateway that starts at the same time was first.
    if (!(error instanceof GatewayError && error.code === 'conflict')) throw error;
  }
}

/** The models that the catalog knows for a connection, with their prices. */
export function catalogModels({ name, provider: id }: NewConnection): NewModel[] {
  if (isSimulator(name)) return simulatorModels(name);
  const provider = findProvider(id);
  if (!provider?.pricesId || provider.hasOwnModelNames) return [];
  return listPricedModels(provider.pricesId, new Date(), provider.upstreamNameOf)
    .filter(({ upstreamModel }) => isServed(provider, upstreamModel))
    .map((model) => ({
      modelId: `${name}/${model.upstreamModel}`,
      connection: name,
      upstreamModel: model.upstreamModel,
      displayName: model.displayName,
      contextLength: model.contextLength,
      pricing: model.pricing,
      capabilities: knownCapabilities(provider, model.upstreamModel),
    }));
}
