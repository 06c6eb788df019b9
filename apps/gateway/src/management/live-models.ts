import { Injectable } from '@nestjs/common';
import { askForModels, Runtime, targetOf, type ConnectionEntry } from '@parley/inference';
import type { ListedModel } from '@parley/providers';

const FRESH_MS = 3600_000;

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
    const models = await askForModels(this.runtime.pools, name, entry);
    const list = { models, fetchedAt: new Date(), askedOf };
    this.lists.set(name, list);
    return list;
  }
}
