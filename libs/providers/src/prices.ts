import { calcPrice, findProvider as findPriced, type ModelInfo, type PriceCalculation } from '@pydantic/genai-prices';
import type { Pricing } from '@parley/contracts';
import { toDecimal } from './decimal.ts';

/** A model that the price catalog knows. */
export type PricedModel = {
  upstreamModel: string;
  displayName: string | null;
  contextLength: number | null;
  pricing: Pricing | null;
};

/**
 * The models of a vendor with the prices that hold at `now`. Of tiered prices the first tier is taken. The catalog's own
 * update over the network is never switched on. `nameOf`: the upstream name of a model, where the catalog's is another.
 */
export function listPricedModels(
  pricesId: string,
  now: Date,
  nameOf: (pricedModel: string) => string = (name) => name,
): PricedModel[] {
  const provider = findPriced({ providerId: pricesId });
  const models = provider?.models.filter((model) => !model.deprecated) ?? [];
  return models.map((model) => ({
    upstreamModel: nameOf(model.id),
    displayName: model.name ?? null,
    contextLength: model.context_window ?? null,
    pricing: readPricing(pricesId, model, nameOf(model.id), now),
  }));
}

function readPricing(pricesId: string, model: ModelInfo, upstreamModel: string, now: Date): Pricing | null {
  const found = calcPrice(ONE_OF_EACH, upstreamModel, { providerId: pricesId, timestamp: now });
  return found && found.model.id === model.id ? toPricing(found) : null;
}

/** The price of a model by any name that the catalog recognises, such as a dated snapshot; null = unknown. */
export function findPricing(pricesId: string, upstreamModel: string, now: Date): Pricing | null {
  const found = calcPrice(ONE_OF_EACH, upstreamModel, { providerId: pricesId, timestamp: now });
  return found ? toPricing(found) : null;
}

const ONE_OF_EACH = { input_tokens: 1, output_tokens: 1 };

function toPricing(found: PriceCalculation): Pricing {
  const price = (key: string): string | undefined => {
    const value = found.model_price[key];
    const perMillion = typeof value === 'object' ? value.base : value;
    return perMillion === undefined ? undefined : toDecimal(perMillion);
  };
  const request = found.model_price.requests_kcount;
  return {
    input: price('input_mtok'),
    output: price('output_mtok'),
    cached_input: price('cache_read_mtok'),
    cache_write: price('cache_write_mtok'),
    cache_write_1h: price('cache_write_1h_mtok'),
    ...(typeof request === 'number' && { request: toDecimal(request / 1000) }),
  };
}
