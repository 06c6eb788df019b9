import { EnvironmentError, type ConnectionOptions } from '@parley/contracts';
import type { NewConnection } from '@parley/persistence';
import { baseUrlOf, isPrivateHost, type Provider, type ProviderEnvironment } from '@parley/providers';

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The connection that a provider's variables describe, if they describe one; without an address there is none. Throws
 * `EnvironmentError` for an address that is none.
 */
export function readEnvironmentConnection(provider: Provider, variables: Variables): NewConnection | undefined {
  const { environment } = provider;
  if (!environment || prefixesOf(provider).some((prefix) => variables[`${prefix}_ENABLED`] === '0')) return undefined;
  const apiKey = firstSet(environment.apiKey, variables);
  const baseUrl = readAddress(provider, environment, variables);
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

/** `AZURE_OPENAI_BASE_URL` and `AZURE_BASE_URL`: vendors' variables are not always named like the provider. */
const prefixesOf = ({ id, environment }: Provider): string[] => [
  ...(environment ? [environment.prefix] : []),
  id.toUpperCase().replaceAll('-', '_'),
];

function readAddress(
  provider: Provider,
  { baseUrl: names = [], baseUrlFrom = (value) => value }: ProviderEnvironment,
  variables: Variables,
): string | null {
  const overrides = prefixesOf(provider).map((prefix) => `${prefix}_BASE_URL`);
  const name = [...overrides, ...names].find((candidate) => variables[candidate]);
  if (name === undefined) return null;
  const address = overrides.includes(name) ? variables[name]! : toAddress(variables[name]!, baseUrlFrom);
  if (/^https?:\/\//.test(address) && URL.canParse(address)) return address;
  const problem = `${name}: must be a URL that starts with http:// or https://`;
  throw new EnvironmentError(`The configuration is not usable:\n  ${problem}`);
}

/** Empty for what is no address. */
function toAddress(value: string, baseUrlFrom: (value: string) => string): string {
  try {
    return baseUrlFrom(value);
  } catch {
    return '';
  }
}

function readOptions({ options = {} }: ProviderEnvironment, variables: Variables): ConnectionOptions {
  const found = Object.entries(options).map(([option, names]) => [option, firstSet(names, variables)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as ConnectionOptions;
}

const firstSet = (names: readonly string[], variables: Variables): string | undefined =>
  names.map((name) => variables[name]).find((value) => value);
