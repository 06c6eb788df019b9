import { pricingSchema, type Pricing } from '@parley/contracts';
import type { ModelFindings, ModelWords } from '@parley/persistence';
import {
  findPricedModel,
  isServed,
  knownCapabilities,
  listPricedModels,
  type ListedModel,
  type PricedModel,
  type Provider,
} from '@parley/providers';
import type { ConnectionEntry } from '../configuration/deployments.ts';
import { isSimulator, simulatorModels } from '../configuration/simulator-models.ts';

/** Asks the provider of a connection which models it has. */
export type ListModels = (name: string, entry: ConnectionEntry) => Promise<readonly ListedModel[]>;

/** The table's columns are 32-bit integers. */
const MAX_COUNT = 2_147_483_647;

/**
 * What the provider's list and the price catalog say about the models of a connection. Rejects as `list` does; throws
 * where this version does not know the provider.
 */
export async function findModels(
  name: string,
  entry: ConnectionEntry,
  list: ListModels,
  now: Date,
): Promise<ModelFindings> {
  const { stored, provider } = entry;
  if (!provider) throw new Error(`the provider of "${name}" is not known`);
  const listed = provider.modelList === null ? null : await list(name, entry);
  // What another address serves under the vendor's format is anybody's guess.
  const known = listed ? listedNames(provider, listed) : stored.baseUrl === null ? catalogNames(provider, now) : [];
  return {
    connection: name,
    listed: listed && readList(provider, listed),
    catalog: isSimulator(name) ? simulatorCatalog(name) : openCatalog(provider, now),
    wanted: known,
  };
}

/** A list comes from outside: what the table could not hold counts as not said. */
function readList(provider: Provider, models: readonly ListedModel[]): Map<string, ModelWords> {
  return new Map(
    models.filter(isNamed).map(({ id, displayName, contextLength, maxOutputTokens, pricing, capabilities }) => [
      id,
      {
        displayName: displayName !== null && isStorable(displayName) ? displayName : null,
        contextLength: asColumn(contextLength),
        maxOutputTokens: asColumn(maxOutputTokens),
        pricing: readPricing(pricing),
        // What the name tells stands beside it.
        ...(capabilities && { capabilities: { ...knownCapabilities(provider, id), ...capabilities } }),
      },
    ]),
  );
}

const isStorable = (text: string): boolean => text.isWellFormed() && !/\p{Cc}/u.test(text);

const asColumn = (count: number | null): number | null => (count !== null && count <= MAX_COUNT ? count : null);

function readPricing(pricing: Pricing | null | undefined): Pricing | null {
  return pricingSchema.safeParse(pricing).data ?? null;
}

/** Where customers give the names, a list of the vendor's models is no list of what can be called. */
function listedNames(provider: Provider, models: readonly ListedModel[]): string[] {
  if (provider.hasOwnModelNames) return [];
  const served = models.filter((model) => isNamed(model) && (model.isForChat ?? isServed(provider, model.id)));
  return served.map(({ id }) => id);
}

const isNamed = ({ id }: ListedModel): boolean => id.isWellFormed();

function catalogNames(provider: Provider, now: Date): string[] {
  const names = pricedModels(provider, now).map(({ upstreamModel }) => upstreamModel);
  return names.filter((upstreamModel) => isServed(provider, upstreamModel));
}

const pricedModels = ({ pricesId, upstreamNameOf }: Provider, now: Date): PricedModel[] =>
  pricesId === undefined ? [] : listPricedModels(pricesId, now, upstreamNameOf);

/** The simulator's models are ours, whatever vendor it stands in for. */
function simulatorCatalog(name: string): (upstreamModel: string) => ModelWords {
  const models = new Map(simulatorModels(name).map((model) => [model.upstreamModel, model]));
  return (upstreamModel) => models.get(upstreamModel) ?? {};
}

function openCatalog(provider: Provider, now: Date): (upstreamModel: string) => ModelWords {
  const { pricesId } = provider;
  const byName = new Map(pricedModels(provider, now).map((model) => [model.upstreamModel, model]));
  return (upstreamModel) => {
    const exact = byName.get(upstreamModel);
    // Of a relative, such as the model that a dated name belongs to, only the price is taken over.
    const priced = exact ?? (pricesId === undefined ? undefined : findPricedModel(pricesId, upstreamModel, now));
    return {
      displayName: exact?.displayName ?? null,
      contextLength: exact?.contextLength ?? null,
      pricing: priced?.pricing ?? null,
      capabilities: knownCapabilities(provider, upstreamModel),
    };
  };
}
