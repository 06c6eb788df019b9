import { describe, expect, it } from '@jest/globals';
import { pricingSchema } from '@parley/contracts';
import { findPricing, listPricedModels } from './prices.ts';
import { PROVIDERS } from './registry.ts';

const NOW = new Date('2026-09-01T00:00:00Z');

describe('the price catalog', () => {
  it.each(['openai', 'anthropic', 'google'])('knows models of %s, with prices that the schema takes', (id) => {
    const models = listPricedModels(id, NOW);
    const priced = models.filter((model) => model.pricing?.input && model.pricing.output);
    expect(priced.length).toBeGreaterThan(5);
    for (const { pricing } of models) if (pricing) expect(pricingSchema.parse(pricing)).toEqual(pricing);
    expect(new Set(models.map((model) => model.upstreamModel)).size).toBe(models.length);
  });

  it('writes prices as plain decimals that are no other number', () => {
    const prices = PROVIDERS.flatMap(({ pricesId }) => (pricesId ? listPricedModels(pricesId, NOW) : []))
      .flatMap(({ pricing }) => Object.values(pricing ?? {}))
      .filter((price) => price != null);
    expect(prices.length).toBeGreaterThan(50);
    for (const price of prices) expect(price).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
  });

  it('knows the price of a well-known model, by its dated name too', () => {
    expect(findPricing('openai', 'gpt-4o', NOW)).toMatchObject({ input: '2.5', output: '10', cached_input: '1.25' });
    expect(findPricing('openai', 'gpt-4o-2024-08-06', NOW)).toEqual(findPricing('openai', 'gpt-4o', NOW));
  });

  it('says null, and not nothing to pay, for what it does not know', () => {
    expect(findPricing('openai', 'no-such-model', NOW)).toBeNull();
    expect(findPricing('no-such-vendor', 'gpt-4o', NOW)).toBeNull();
    expect(listPricedModels('no-such-vendor', NOW)).toEqual([]);
  });
});
