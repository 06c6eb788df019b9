import { Injectable } from '@nestjs/common';
import { GatewayError } from '@parley/contracts';
import { openDeadline, Runtime, toGatewayError, type ConnectionEntry } from '@parley/inference';
import { baseUrlOf, listModels, type ConnectionTarget, type ListedModel } from '@parley/providers';

const FRESH_MS = 3600_000;
const TIMEOUT_MS = 30_000;

export type LiveModels = { models: readonly ListedModel[]; fetchedAt: Date };

/** What providers say they have, remembered for an hour. */
@Injectable()
export class LiveModelLists {
  private readonly lists = new Map<string, LiveModels & { askedOf: string }>();

  constructor(private readonly runtime: Runtime) {}

  /** Throws what the provider's failure means to our caller. `refresh`: asks now, whatever is remembered. */
  async read(name: string, entry: ConnectionEntry, refresh: boolean): Promise<LiveModels> {
    const target = targetOf(name, entry);
    // Another address or another key may have other models.
    const askedOf = `${target.baseUrl} ${target.credential?.id ?? ''}`;
    const known = this.lists.get(name);
    const isFresh = known?.askedOf === askedOf && Date.now() - known.fetchedAt.getTime() < FRESH_MS;
    if (known && isFresh && !refresh) return known;
    const deadline = openDeadline(TIMEOUT_MS);
    try {
      const models = await listModels(this.runtime.pools, target, deadline.signal);
      const list = { models, fetchedAt: new Date(), askedOf };
      this.lists.set(name, list);
      return list;
    } catch (error) {
      throw toGatewayError(error, name, '');
    } finally {
      deadline.clear();
    }
  }
}

/** Throws `conflict` where there is nothing to call. */
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
