import type { StoredAlias, StoredConfiguration, StoredKey, StoredModel } from '@parley/persistence';
import { findProvider } from '@parley/providers';
import { compilePrice } from '../accounting/price.ts';
import { isUsable, makeDeployment, type ConnectionEntry, type ModelEntry } from './deployments.ts';
import { PassthroughModels } from './passthrough.ts';
import { SIMULATOR_DEFAULT_MODEL } from './simulator-models.ts';

export type AliasEntry = {
  name: string;
  strategy: StoredAlias['strategy'];
  targets: { entry: ModelEntry; weight: number }[];
};

/**
 * The whole configuration as of one moment, indexed for the hot path. Never changed: a new one takes its place, and a
 * running call keeps the one it began with.
 */
export type Snapshot = {
  connections: ReadonlyMap<string, ConnectionEntry>;
  models: ReadonlyMap<string, ModelEntry>;
  /** `ext-<connection>-<upstream model>` -> model. */
  extIds: ReadonlyMap<string, ModelEntry>;
  /** Upstream name -> the models that carry it. */
  bareIds: ReadonlyMap<string, readonly ModelEntry[]>;
  aliases: ReadonlyMap<string, AliasEntry>;
  /** By the hash of the secret. */
  keys: ReadonlyMap<string, StoredKey>;
  passthrough: PassthroughModels;
};

export type SnapshotOptions = {
  /**
   * What `default` stands for unless an alias of that name exists. Undefined: the simulator's model where there is one,
   * else the usual model of a connected vendor.
   */
  defaultModel: string | undefined;
  now: Date;
};

export function buildSnapshot(stored: StoredConfiguration, options: SnapshotOptions): Snapshot {
  const connections = new Map(
    stored.connections.map((connection) => [
      connection.name,
      { stored: connection, provider: findProvider(connection.provider) },
    ]),
  );
  const models = new Map<string, ModelEntry>();
  const extIds = new Map<string, ModelEntry>();
  const bareIds = new Map<string, ModelEntry[]>();
  for (const model of stored.models) {
    const entry = modelEntry(model, connections.get(model.connection));
    if (!entry) continue;
    models.set(model.modelId, entry);
    extIds.set(`ext-${model.connection}-${model.upstreamModel}`, entry);
    bareIds.set(model.upstreamModel, [...(bareIds.get(model.upstreamModel) ?? []), entry]);
  }
  const passthrough = new PassthroughModels(connections, options.now);
  const aliases = new Map<string, AliasEntry>();
  const find = (id: string): ModelEntry | undefined => models.get(id) ?? passthrough.find(id);
  for (const alias of stored.aliases) aliases.set(alias.name, aliasEntry(alias, find));
  const defaultModel = options.defaultModel ?? chooseDefaultModel(connections, models);
  if (defaultModel !== undefined && !aliases.has('default')) {
    const deployments = [{ model: defaultModel, weight: 1 }];
    aliases.set('default', aliasEntry({ name: 'default', strategy: 'priority', deployments }, find));
  }
  const keys = new Map(stored.keys.map((key) => [key.hash, key]));
  return { connections, models, extIds, bareIds, aliases, keys, passthrough };
}

function chooseDefaultModel(
  connections: ReadonlyMap<string, ConnectionEntry>,
  models: ReadonlyMap<string, ModelEntry>,
): string | undefined {
  const candidates = [...connections].map(([name, { provider }]) => `${name}/${provider?.defaultModel}`);
  return [SIMULATOR_DEFAULT_MODEL, ...candidates].find((id) => models.get(id)?.isAvailable);
}

function aliasEntry(alias: StoredAlias, find: (id: string) => ModelEntry | undefined): AliasEntry {
  const targets = alias.deployments.flatMap(({ model, weight }) => {
    const entry = find(model);
    return entry ? [{ entry, weight }] : [];
  });
  return { name: alias.name, strategy: alias.strategy, targets };
}

function modelEntry(model: StoredModel, connection: ConnectionEntry | undefined): ModelEntry | undefined {
  if (!connection?.provider) return undefined;
  const deployment = makeDeployment(connection.stored, connection.provider, {
    id: model.modelId,
    upstreamModel: model.upstreamModel,
    dialect: model.dialect,
    maxOutputTokens: model.maxOutputTokens,
    capabilities: model.capabilities,
  });
  return {
    deployment,
    price: compilePrice(model.pricing),
    priceVersion: model.priceVersion,
    isAvailable: model.isAvailable && isUsable(connection),
    label: model.modelId,
    stored: model,
  };
}
