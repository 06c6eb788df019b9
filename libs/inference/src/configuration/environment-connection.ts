import type { ConnectionOptions } from '@parley/contracts';
import type { NewConnection } from '@parley/persistence';
import { baseUrlOf, isPrivateHost, type Provider, type ProviderEnvironment } from '@parley/providers';

export type Variables = Readonly<Record<string, string | undefined>>;

/** The connection that a provider's variables describe, if they describe one; without an address there is none. */
export function readEnvironmentConnection(provider: Provider, variables: Variables): NewConnection | undefined {
  const { environment } = provider;
  if (!environment || variables[`${environment.prefix}_ENABLED`] === '0') return undefined;
  const apiKey = firstSet(environment.apiKey, variables);
  const baseUrl = readAddress(environment, variables);
  const isPresent = environment.isPresent?.(variables) ?? apiKey ?? (provider.needsCredential ? null : baseUrl);
  const options = { passthrough_models: true, ...readOptions(environment, variables) };
  if (!isPresent || baseUrlOf(provider, { baseUrl, options }) === undefined) return undefined;
  return {
    name: provider.id,
    provider: provider.id,
    source: 'environment',
    apiKeys: apiKey ? [apiKey] : [],
    baseUrl,
    // Whoever sets the environment runs the machine, so a private address there is meant.
    allowPrivateNetwork: baseUrl !== null && isPrivateHost(new URL(baseUrl).hostname),
    options,
  };
}

function readAddress({ prefix, baseUrl, baseUrlFrom }: ProviderEnvironment, variables: Variables): string | null {
  const override = firstSet([`${prefix}_BASE_URL`], variables);
  if (override !== undefined) return override;
  const found = firstSet(baseUrl ?? [], variables);
  return found === undefined ? null : (baseUrlFrom?.(found) ?? found);
}

function readOptions({ options = {} }: ProviderEnvironment, variables: Variables): ConnectionOptions {
  const found = Object.entries(options).map(([option, names]) => [option, firstSet(names, variables)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as ConnectionOptions;
}

const firstSet = (names: readonly string[], variables: Variables): string | undefined =>
  names.map((name) => variables[name]).find((value) => value);
