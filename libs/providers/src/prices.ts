import {
  calcPrice,
  findProvider as findPriced,
  type ConditionalPrice,
  type ModelInfo,
  type ModelPrice,
} from '@pydantic/genai-prices';
import type { PriceHours, PriceTier, Pricing, TokenRates } from '@parley/contracts';
import { toDecimal } from './decimal.ts';

/** A model that the price catalog knows. */
export type PricedModel = {
  upstreamModel: string;
  displayName: string | null;
  contextLength: number | null;
  pricing: Pricing | null;
};

/**
 * The models of a vendor with the prices that hold on the day of `now`. The catalog's own update over the network is
 * never switched on. `nameOf`: the upstream name of a model, where the catalog's is another.
 */
export function listPricedModels(
  pricesId: string,
  now: Date,
  nameOf: (pricedModel: string) => string = (name) => name,
): PricedModel[] {
  const provider = findPriced({ providerId: pricesId });
  const models = provider?.models.filter((model) => !model.deprecated) ?? [];
  return models.map((model) => ({ ...describeModel(model, now), upstreamModel: nameOf(model.id) }));
}

/** A model by any name that the catalog recognises, such as a dated snapshot; its `upstreamModel` is the catalog's name. */
export function findPricedModel(pricesId: string, upstreamModel: string, now: Date): PricedModel | undefined {
  const found = calcPrice(ONE_OF_EACH, upstreamModel, { providerId: pricesId, timestamp: now });
  return found ? describeModel(found.model, now) : undefined;
}

/** The price of a model by any name that the catalog recognises; null = unknown. */
export function findPricing(pricesId: string, upstreamModel: string, now: Date): Pricing | null {
  return findPricedModel(pricesId, upstreamModel, now)?.pricing ?? null;
}

const ONE_OF_EACH = { input_tokens: 1, output_tokens: 1 };

function describeModel(model: ModelInfo, now: Date): PricedModel {
  return {
    upstreamModel: model.id,
    displayName: model.name ?? null,
    contextLength: model.context_window ?? null,
    pricing: readPricing(model.prices, now),
  };
}

/** Of dated prices the last that has begun holds; what follows it with hours holds in these. */
function readPricing(prices: ModelInfo['prices'], now: Date): Pricing | null {
  const conditional: ConditionalPrice[] = Array.isArray(prices) ? prices : [{ prices }];
  let pricing: Pricing | null = null;
  let hours: PriceHours[] = [];
  for (const { constraint, prices: price } of conditional) {
    if (constraint?.type === 'time_of_date') {
      const [from, to] = [readTime(constraint.start_time), readTime(constraint.end_time)];
      // The catalog lets the last one count that holds, a price the first.
      if (from && to) hours.unshift({ from, to, ...readRates(price) });
    } else if (!constraint || new Date(constraint.start_date) <= now) {
      pricing = { ...readRates(price), ...readRequest(price) };
      hours = [];
    }
  }
  if (!pricing || Object.keys(pricing).length === 0) return null;
  return hours.length > 0 ? { ...pricing, hours } : pricing;
}

/** `16:30:00Z` -> `16:30`; undefined in another zone, which the catalog could write but does not. */
const readTime = (time: string): string | undefined => /^(\d\d:\d\d)(?::\d\d)?Z$/.exec(time)?.[1];

const RATES = {
  input: 'input_mtok',
  output: 'output_mtok',
  cached_input: 'cache_read_mtok',
  cache_write: 'cache_write_mtok',
  cache_write_1h: 'cache_write_1h_mtok',
  reasoning: 'output_reasoning_mtok',
} as const satisfies Record<keyof TokenRates, string>;

function readRates(price: ModelPrice): TokenRates & Pick<Pricing, 'tiers'> {
  const starts = Object.values(RATES).flatMap((key) => tiersOf(price[key]).map(({ start }) => start));
  const tiers = [...new Set(starts)]
    .sort((a, b) => a - b)
    .map((start): PriceTier => {
      return { above_input_tokens: start, ...collectRates(price, (value) => rateAbove(value, start)) };
    });
  const rates = collectRates(price, (value) => (typeof value === 'object' ? value.base : value));
  return tiers.length > 0 ? { ...rates, tiers } : rates;
}

type CatalogRate = ModelPrice[string];

const tiersOf = (value: CatalogRate) => (typeof value === 'object' ? value.tiers : []);

/** Undefined where the rate has no tiers: it is the same for every length. */
function rateAbove(value: CatalogRate, start: number): number | undefined {
  if (typeof value !== 'object') return undefined;
  return value.tiers.filter((tier) => tier.start <= start).at(-1)?.price ?? value.base;
}

function collectRates(price: ModelPrice, read: (value: CatalogRate) => number | undefined): TokenRates {
  const rates = Object.entries(RATES).map(([rate, key]) => [rate, read(price[key])] as const);
  return Object.fromEntries(rates.flatMap(([rate, value]) => (value === undefined ? [] : [[rate, toDecimal(value)]])));
}

function readRequest({ requests_kcount: perThousand }: ModelPrice): Pick<Pricing, 'request'> {
  return typeof perThousand === 'number' ? { request: toDecimal(perThousand / 1000) } : {};
}
