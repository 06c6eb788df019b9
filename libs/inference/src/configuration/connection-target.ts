import { GatewayError } from '@parley/contracts';
import { baseUrlOf, type ConnectionTarget } from '@parley/providers';
import type { ConnectionEntry } from './deployments.ts';

/** What asking a connection for its models takes. Throws `conflict` where there is nothing to ask. */
export function targetOf(name: string, { stored, provider }: ConnectionEntry): ConnectionTarget {
  const baseUrl = provider && baseUrlOf(provider, stored);
  if (!provider || !baseUrl) {
    const problem = `the connection "${name}" has no provider that this version knows, or no address`;
    throw new GatewayError('conflict', { provider: name, values: { problem } });
  }
  const [first] = stored.credentials;
  return {
    connection: name,
    provider,
    baseUrl,
    options: stored.options,
    allowPrivateNetwork: stored.allowPrivateNetwork,
    credential: first && { id: first.id, secret: first.apiKey },
  };
}
