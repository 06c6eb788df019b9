import { describe, expect, it } from '@jest/globals';
import { pricingSchema, type Pricing, type TokenRates } from '@parley/contracts';
import { calcPrice } from '@pydantic/genai-prices';
import { findPricedModel, findPricing, listPricedModels } from './prices.ts';
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
    const pricings = PROVIDERS.flatMap(({ pricesId }) => (pricesId ? listPricedModels(pricesId, NOW) : [])).flatMap(
      ({ pricing }) => pricing ?? [],
    );
    const prices = pricings
      .flatMap(({ tiers = [], hours: _hours, ...base }) => [
        base,
        ...tiers.map(({ above_input_tokens: _above, ...tier }) => tier),
      ])
      .flatMap((rates) => Object.values(rates));
    expect(prices.length).toBeGreaterThan(50);
    for (const price of prices) expect(price).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
  });

  it('knows the price of a well-known model, by its dated name too', () => {
    expect(findPricing('openai', 'gpt-4o', NOW)).toMatchObject({ input: '2.5', output: '10', cached_input: '1.25' });
    expect(findPricing('openai', 'gpt-4o-2024-08-06', NOW)).toEqual(findPricing('openai', 'gpt-4o', NOW));
    expect(findPricedModel('openai', 'gpt-4o-2024-08-06', NOW)).toMatchObject({ upstreamModel: 'gpt-4o' });
  });

  it('tells what long prompts cost', () => {
    expect(findPricing('google', 'gemini-2.5-pro', NOW)).toEqual({
      input: '1.25',
      output: '10',
      cached_input: '0.125',
      tiers: [{ above_input_tokens: 200_000, input: '2.5', output: '15', cached_input: '0.25' }],
    });
  });

  it('takes the price of the day', () => {
    const before = findPricing('anthropic', 'claude-sonnet-4-6', new Date('2026-03-12T23:59:59Z'));
    const after = findPricing('anthropic', 'claude-sonnet-4-6', new Date('2026-03-13T00:00:00Z'));
    expect([before?.tiers?.length, after?.tiers]).toEqual([1, undefined]);
  });

  it('tells at which hours the price is another one, whatever hour it is', () => {
    const prices = ['02:00', '05:00', '23:00'].map((time) =>
      findPricing('deepseek', 'deepseek-v4-flash', new Date(`2026-09-01T${time}:00Z`)),
    );
    expect(prices[0]).toMatchObject({
      input: '0.22',
      hours: [
        { from: '06:00', to: '10:00', input: '0.44' },
        { from: '01:00', to: '04:00', input: '0.44' },
      ],
    });
    expect(prices).toEqual([prices[0], prices[0], prices[0]]);
  });

  it("agrees with the catalog's own calculation, at every hour and for every length", () => {
    let tiered = 0;
    for (const vendor of ['openai', 'anthropic', 'google', 'deepseek', 'x-ai', 'aws']) {
      for (const { upstreamModel, pricing } of listPricedModels(vendor, NOW)) {
        for (const hour of [0, 2, 5, 7, 12, 20]) {
          for (const prompt of [1, 128_000, 200_000, 200_001, 271_999, 272_000, 272_001]) {
            const timestamp = new Date(NOW.getTime() + hour * 3600_000);
            const usage = { input_tokens: prompt, output_tokens: 1000 };
            const theirs = calcPrice(usage, upstreamModel, { providerId: vendor, timestamp });
            if (theirs?.model.id !== upstreamModel) continue;
            const rates = ratesOf(pricing, timestamp, prompt);
            expect([upstreamModel, prompt, cost(rates.input, prompt), cost(rates.output, 1000)]).toEqual([
              upstreamModel,
              prompt,
              expect.closeTo(theirs.input_price, 9),
              expect.closeTo(theirs.output_price, 9),
            ]);
            if (rates !== pricing) tiered += 1;
          }
        }
      }
    }
    expect(tiered).toBeGreaterThan(50);
  });

  it('says null, and not nothing to pay, for what it does not know', () => {
    expect(findPricing('openai', 'no-such-model', NOW)).toBeNull();
    expect(findPricing('no-such-vendor', 'gpt-4o', NOW)).toBeNull();
    expect(listPricedModels('no-such-vendor', NOW)).toEqual([]);
  });
});

const cost = (rate: string | null | undefined, tokens: number): number => (Number(rate ?? 0) * tokens) / 1e6;

/** The rates by the words of the schema. */
function ratesOf(pricing: Pricing | null, moment: Date, prompt: number): TokenRates {
  const time = moment.toISOString().slice(11, 16);
  const window = pricing?.hours?.find(({ from, to }) =>
    from < to ? time >= from && time < to : time >= from || time < to,
  );
  const tiers = (window ?? pricing)?.tiers ?? [];
  const tier = tiers.filter((candidate) => prompt > candidate.above_input_tokens).at(-1);
  if (!window && !tier) return pricing ?? {};
  return { ...pricing, ...window, ...tier };
}
