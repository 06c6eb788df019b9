import { findPricing } from '@parley/providers';
import { compilePrice } from '../accounting/price.ts';
import { isUsable, makeDeployment, type ConnectionEntry, type ModelEntry } from './deployments.ts';

/** Names come from callers, so the memory for them is bounded. */
const MAX_REMEMBERED = 1000;

/**
 * Models that are in no table but reachable as `<connection>/<anything>` (or `ext-<connection>-<anything>`), where the
 * connection's `passthrough_models` says so. The same name gives the same entry, so that its circuit is remembered.
 */
export class PassthroughModels {
  private readonly remembered = new Map<string, ModelEntry>();
  private readonly open: ReadonlyMap<string, ConnectionEntry>;

  constructor(
    connections: ReadonlyMap<string, ConnectionEntry>,
    private readonly now: Date,
  ) {
    this.open = new Map([...connections].filter(([, { stored }]) => stored.options.passthrough_models));
  }

  find(id: string): ModelEntry | undefined {
    const known = this.remembered.get(id);
    if (known) return known;
    const entry = this.make(id);
    if (!entry) return undefined;
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.delete(this.remembered.keys().next().value!);
    this.remembered.set(id, entry);
    return entry;
  }

  private make(id: string): ModelEntry | undefined {
    const slash = id.indexOf('/');
    const name = slash > 0 ? id.slice(0, slash) : this.extConnection(id);
    const connection = name === undefined ? undefined : this.open.get(name);
    if (!connection?.provider) return undefined;
    const upstreamModel = slash > 0 ? id.slice(slash + 1) : id.slice(`ext-${name}-`.length);
    if (upstreamModel === '') return undefined;
    const { stored, provider } = connection;
    const deployment = makeDeployment(stored, provider, {
      id: `${stored.name}/${upstreamModel}`,
      upstreamModel,
      dialect: null,
      maxOutputTokens: null,
      capabilities: {},
    });
    const pricing = provider.pricesId ? findPricing(provider.pricesId, upstreamModel, this.now) : null;
    return {
      deployment,
      price: compilePrice(pricing),
      priceVersion: null,
      isAvailable: isUsable(connection),
      label: 'other',
      stored: null,
    };
  }

  /** Connection names hold hyphens too: the longest one that fits is meant. */
  private extConnection(id: string): string | undefined {
    if (!id.startsWith('ext-')) return undefined;
    const fitting = [...this.open.keys()].filter((name) => id.startsWith(`ext-${name}-`));
    return fitting.sort((a, b) => b.length - a.length)[0];
  }
}
