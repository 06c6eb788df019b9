import {
  credentialText,
  GatewayError,
  invalidRequest,
  type ConfigureConnection,
  type ConnectionOptions,
  type CreateConnection,
  type UpdateConnection,
} from '@parley/contracts';
import { catalogModels, type Runtime } from '@parley/inference';
import type { Connection, ConnectionChange, NewConnection } from '@parley/persistence';
import { baseUrlOf, findProvider, isPrivateHost, PROVIDERS, type Provider } from '@parley/providers';

/**
 * Stores a new connection, with the models that the catalog knows where it goes to the vendor itself: what another
 * address serves under the vendor's format is anybody's guess.
 */
export async function createConnection(runtime: Runtime, body: CreateConnection): Promise<Connection> {
  const provider = requireProvider(body.provider);
  const baseUrl = body.base_url ?? null;
  checkAddress(provider, baseUrl, body.options ?? {}, body.allow_private_network ?? false);
  const apiKeys = (body.credentials ?? []).map(credentialText);
  checkCredentials(provider, apiKeys);
  const connection: NewConnection = {
    name: body.name,
    provider: provider.id,
    source: 'admin',
    apiKeys,
    baseUrl,
    enabled: body.enabled ?? true,
    allowPrivateNetwork: body.allow_private_network ?? false,
    options: { passthrough_models: baseUrl !== null, ...body.options },
  };
  const created = await runtime.stores.connections.create(connection);
  if (baseUrl === null) await runtime.stores.models.insertMissing(catalogModels(connection), 'catalog');
  await runtime.configuration.reload();
  return created;
}

/** Changes what is given; undefined when there is no such connection. */
export async function updateConnection(
  runtime: Runtime,
  name: string,
  body: UpdateConnection,
): Promise<Connection | undefined> {
  const { connections } = runtime.stores;
  const present = await connections.find(name);
  if (!present) return undefined;
  const provider = requireProvider(present.provider);
  const { base_url: baseUrl = present.baseUrl, allow_private_network: allowed = present.allowPrivateNetwork } = body;
  const options = { ...present.options, ...body.options };
  checkAddress(provider, baseUrl, options, allowed);
  const apiKeys = body.credentials?.map(credentialText);
  if (apiKeys) checkCredentials(provider, apiKeys);
  const change: ConnectionChange = {
    baseUrl,
    allowPrivateNetwork: allowed,
    ...(apiKeys && { apiKeys }),
    ...(body.enabled !== undefined && { enabled: body.enabled }),
    ...(body.options && { options }),
  };
  const updated = await connections.update(name, change);
  await runtime.configuration.reload();
  return updated;
}

/** Creates the connection or changes it, whichever is needed; `created` tells which. */
export async function configureConnection(
  runtime: Runtime,
  name: string,
  { provider, ...body }: ConfigureConnection,
): Promise<{ connection: Connection; created: boolean }> {
  const present = await runtime.stores.connections.find(name);
  if (present && provider !== undefined && provider !== present.provider) {
    throw invalidRequest('provider', `cannot change from "${present.provider}": the models of "${name}" depend on it`);
  }
  const updated = present && (await updateConnection(runtime, name, body));
  if (updated) return { connection: updated, created: false };
  // The connections that the environment makes are named like their providers.
  const connection = await createConnection(runtime, { name, provider: provider ?? name, ...body });
  return { connection, created: true };
}

function requireProvider(id: string): Provider {
  const provider = findProvider(id);
  if (provider) return provider;
  throw invalidRequest('provider', `must be one of: ${PROVIDERS.map((known) => known.id).join(', ')}`);
}

/** The first of two checks: names show where they lead only when the connection is made, and the pools look then. */
function checkAddress(
  provider: Provider,
  baseUrl: string | null,
  options: ConnectionOptions,
  allowPrivateNetwork: boolean,
): void {
  const missing = provider.requiredOptions?.find((option) => !options[option]);
  if (missing) throw invalidRequest(`options.${missing}`, `is required for the provider "${provider.id}"`);
  if (baseUrl === null) {
    if (baseUrlOf(provider, { baseUrl, options }) === undefined)
      throw invalidRequest('base_url', `is required for the provider "${provider.id}"`);
    return;
  }
  const { hostname } = new URL(baseUrl);
  if (allowPrivateNetwork || !isPrivateHost(hostname)) return;
  throw new GatewayError('address_not_allowed', { param: 'base_url', values: { address: hostname } });
}

function checkCredentials(provider: Provider, apiKeys: readonly string[]): void {
  if (apiKeys.length > 0 || !provider.needsCredential) return;
  throw invalidRequest('credentials', `must hold at least one key for the provider "${provider.id}"`);
}
