import type { Capabilities } from '@parley/contracts';
import type { Dialect } from '@parley/dialects';
import type { StoredConnection, StoredModel } from '@parley/persistence';
import { baseUrlOf, knownCapabilities, type Credential, type Deployment, type Provider } from '@parley/providers';
import type { Price } from '../accounting/price.ts';

/** A model as requests meet it. */
export type ModelEntry = {
  deployment: Deployment;
  price: Price | null;
  /** Which of the model's prices that is; null for a model without a row, or without a price. */
  priceVersion: number | null;
  /** Its own flag and its connection's. */
  isAvailable: boolean;
  /** For metrics: the id where it is in the table, else `other`. */
  label: string;
  /** Null for a model that is reached without a row in the table. */
  stored: StoredModel | null;
};

export type ConnectionEntry = { stored: StoredConnection; provider: Provider | undefined };

/** A connection that can be called at all: switched on, and with the credential that its provider needs. */
export function isUsable({ stored, provider }: ConnectionEntry): boolean {
  return stored.enabled && provider !== undefined && (stored.credentials.length > 0 || !provider.needsCredential);
}

type ModelFacts = {
  id: string;
  upstreamModel: string;
  dialect: StoredModel['dialect'];
  maxOutputTokens: number | null;
  capabilities: Capabilities;
};

export function makeDeployment(connection: StoredConnection, provider: Provider, model: ModelFacts): Deployment {
  const forms = dialectsOf(provider, model).map((dialect) => inDialect(connection, provider, model, dialect));
  const [deployment, ...inOtherDialects] = forms as [Deployment, ...Deployment[]];
  return inOtherDialects.length > 0 ? { ...deployment, inOtherDialects } : deployment;
}

/** The preferred dialect first. Where the operator named one, it is the only one. */
function dialectsOf(provider: Provider, model: ModelFacts): Dialect[] {
  const wanted = model.dialect ?? provider.dialectOf?.(model.upstreamModel);
  const dialect = provider.dialects.find((candidate) => candidate.id === wanted) ?? provider.dialects[0];
  const also = model.dialect ? [] : (provider.alsoSpeaks?.(model.upstreamModel) ?? []);
  return [dialect, ...provider.dialects.filter(({ id }) => id !== dialect.id && also.includes(id))];
}

function inDialect(connection: StoredConnection, provider: Provider, model: ModelFacts, dialect: Dialect): Deployment {
  const bodyEdits = provider.bodyEdits?.[dialect.id];
  return {
    id: model.id,
    connection: connection.name,
    provider,
    dialect,
    target: {
      provider: connection.name,
      upstreamModel: model.upstreamModel,
      capabilities: { ...knownCapabilities(provider, model.upstreamModel), ...model.capabilities },
      maxOutputTokens: model.maxOutputTokens,
      ...(provider.quirks && { quirks: provider.quirks }),
      ...(bodyEdits && { bodyEdits }),
      ...(provider.countsBareRequests && { countsBareRequests: true }),
    },
    baseUrl: baseUrlOf(provider, connection) ?? '',
    options: connection.options,
    allowPrivateNetwork: connection.allowPrivateNetwork,
    credentials: connection.credentials.map(({ id, apiKey }): Credential => ({ id, secret: apiKey })),
  };
}
