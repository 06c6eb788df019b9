import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePrice, costOf, formatUsd, priceAt, type TokenCounts } from './price.ts';

const NOTHING: TokenCounts = {
  uncachedInput: 0,
  cachedInput: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  response: 0,
  reasoning: 0,
};
const tokens = (fields: Partial<TokenCounts>): TokenCounts => ({ ...NOTHING, ...fields });
const ALL = { input: '1', output: '2', cached_input: '0.1', cache_write: '1.25', cache_write_1h: '2', reasoning: '3' };

const count = fc.nat(10_000_000);
const counts = fc.record({
  uncachedInput: count,
  cachedInput: count,
  cacheWrite: count,
  cacheWrite1h: count,
  response: count,
  reasoning: count,
});
const decimal = fc
  .tuple(fc.nat(500), fc.nat(999_999_999))
  .map(([whole, nano]) => `${whole}.${String(nano).padStart(9, '0')}`);
const pricing = fc.record({
  input: decimal,
  output: decimal,
  cached_input: decimal,
  cache_write: decimal,
  cache_write_1h: decimal,
  reasoning: decimal,
});

describe('the cost of a call', () => {
  it('is exact where floating point is not', () => {
    const price = compilePrice({ input: '0.1', output: '0.2' });
    expect(costOf(tokens({ uncachedInput: 1, response: 1 }), price)).toBe(300);
    expect(costOf(tokens({ uncachedInput: 999_999 }), compilePrice({ input: '0.000000001' }))).toBe(1);
    expect(costOf(tokens({ uncachedInput: 123_456_789 }), compilePrice({ input: '75.123456789' }))).toBe(9274500753750);
  });

  it('counts each kind of token at its own price', () => {
    const price = compilePrice(ALL);
    const kinds = Object.keys(NOTHING) as (keyof TokenCounts)[];
    expect(kinds.map((kind) => costOf(tokens({ [kind]: 1_000_000 }), price))).toEqual([
      1e9, 0.1e9, 1.25e9, 2e9, 2e9, 3e9,
    ]);
  });

  it('takes reasoning for output where it has no price of its own', () => {
    expect(costOf(tokens({ reasoning: 1_000_000 }), compilePrice({ output: '2' }))).toBe(2e9);
  });

  it('is rounded half up, once, over the whole', () => {
    const price = compilePrice({ input: '0.0004', output: '0.0001' });
    expect(costOf(tokens({ uncachedInput: 1 }), price)).toBe(0);
    expect(costOf(tokens({ uncachedInput: 1, response: 1 }), price)).toBe(1);
    expect(costOf(tokens({ response: 4 }), price)).toBe(0);
    expect(costOf(tokens({ response: 5 }), price)).toBe(1);
  });

  it('is unknown, and never nothing, where a price that is needed is unknown', () => {
    expect(compilePrice(null)).toBeNull();
    expect(costOf(tokens({ response: 1 }), null)).toBeNull();
    expect(costOf(tokens({ response: 1 }), compilePrice({ input: '1' }))).toBeNull();
    expect(
      costOf(tokens({ cachedInput: 1 }), compilePrice({ input: '1', output: '1', cached_input: null })),
    ).toBeNull();
    expect(costOf(tokens({ uncachedInput: 1 }), compilePrice({ input: '1' }))).toBe(1000);
    expect(costOf(NOTHING, compilePrice({}))).toBe(0);
  });

  it('may be nothing where the price is nothing', () => {
    expect(costOf(tokens({ uncachedInput: 5, response: 5 }), compilePrice({ input: '0', output: '0.0' }))).toBe(0);
  });

  it('holds the price of a request once', () => {
    expect(costOf(NOTHING, compilePrice({ request: '0.005' }))).toBe(5_000_000);
  });

  it('is additive: the cost of a sum is the sum of the costs, to the rounding of each', () => {
    fc.assert(
      fc.property(counts, counts, pricing, (left, right, rates) => {
        const price = compilePrice(rates);
        const sum = Object.fromEntries(
          Object.keys(NOTHING).map((kind) => [
            kind,
            left[kind as keyof TokenCounts] + right[kind as keyof TokenCounts],
          ]),
        ) as TokenCounts;
        const difference = costOf(sum, price)! - costOf(left, price)! - costOf(right, price)!;
        expect(Math.abs(difference)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is never negative and grows with every kind of token', () => {
    fc.assert(
      fc.property(
        counts,
        pricing,
        fc.constantFrom(...(Object.keys(NOTHING) as (keyof TokenCounts)[])),
        (used, rates, kind) => {
          const price = compilePrice(rates);
          const less = costOf(used, price)!;
          expect(less).toBeGreaterThanOrEqual(0);
          expect(costOf({ ...used, [kind]: used[kind] + 1_000_000 }, price)!).toBeGreaterThanOrEqual(less);
        },
      ),
    );
  });
});

describe('a price in tiers', () => {
  const price = compilePrice({
    input: '1',
    output: '2',
    cached_input: '0.1',
    tiers: [
      { above_input_tokens: 200, input: '4', output: null },
      { above_input_tokens: 100, input: '2', output: '3' },
    ],
  });
  const M = 1_000_000;

  it.each([
    ['below all tiers', { uncachedInput: 100 }, 100 * 1],
    ['above the first', { uncachedInput: 101 }, 101 * 2],
    ['above the second', { uncachedInput: 201 }, 201 * 4],
    ['with cached tokens, which count for the length', { uncachedInput: 1, cachedInput: 100 }, 1 * 2 + 100 * 0.1],
    ['with reasoning, which costs what output costs there', { uncachedInput: 101, reasoning: 1 }, 101 * 2 + 3],
    ['with a long answer, which does not count for the length', { uncachedInput: 1, response: 500 }, 1 + 500 * 2],
  ])('prices the whole request %s', (_what, used, dollarsPerMillion) => {
    expect(costOf(tokens(used), price)).toBe((dollarsPerMillion * 1e9) / M);
  });

  it('is unknown where the tier says so, and only there', () => {
    expect(costOf(tokens({ uncachedInput: 201, response: 1 }), price)).toBeNull();
    expect(costOf(tokens({ uncachedInput: 200, response: 1 }), price)).toBe(403_000);
  });

  it('is as if there were no tiers for every prompt that exceeds none', () => {
    fc.assert(
      fc.property(counts, pricing, fc.integer({ min: 50_000_000, max: 60_000_000 }), (used, rates, above) => {
        const tiered = compilePrice({ ...rates, tiers: [{ above_input_tokens: above, input: '9' }] });
        expect(costOf(used, tiered)).toBe(costOf(used, compilePrice(rates)));
      }),
    );
  });
});

describe('a price by the hour', () => {
  const price = compilePrice({
    input: '1',
    output: '2',
    tiers: [{ above_input_tokens: 10, input: '5' }],
    hours: [
      { from: '16:30', to: '00:30', input: '0.5' },
      { from: '12:00', to: '17:00', input: '3', tiers: [{ above_input_tokens: 10, input: '6' }] },
    ],
  });
  const inputCostAt = (time: string, count = 1) =>
    costOf(tokens({ uncachedInput: count }), priceAt(price, new Date(`2026-09-01T${time}Z`)));

  it.each([
    ['11:59:59', 1000],
    ['12:00:00', 3000],
    ['16:29:59', 3000],
    ['16:30:00', 500],
    ['23:59:59', 500],
    ['00:00:00', 500],
    ['00:29:59', 500],
    ['00:30:00', 1000],
  ])('is at %s UTC what the first hours that hold say', (time, nanoUsd) => {
    expect(inputCostAt(time)).toBe(nanoUsd);
  });

  it('has the tiers of its hours, which may be none', () => {
    expect([inputCostAt('05:00:00', 11), inputCostAt('12:00:00', 11), inputCostAt('20:00:00', 11)]).toEqual([
      55_000, 66_000, 5_500,
    ]);
  });

  it('costs at these hours for the rest what it costs at the others', () => {
    expect(costOf(tokens({ response: 1 }), priceAt(price, new Date('2026-09-01T20:00:00Z')))).toBe(2000);
    expect(priceAt(null, new Date())).toBeNull();
  });
});

describe('US dollars', () => {
  it.each([
    [0, '0'],
    [1, '0.000000001'],
    [1_500_000_000, '1.5'],
    [1_000_000_000, '1'],
    [123_456_789_012, '123.456789012'],
    [10_000_000_000, '10'],
  ])('%i nano are written as %s', (nanoUsd, text) => {
    expect(formatUsd(nanoUsd)).toBe(text);
  });

  it('are read back as what they were', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (nanoUsd) => {
        expect(compilePrice({ request: formatUsd(nanoUsd) })!.request).toBe(BigInt(nanoUsd));
      }),
    );
  });
});
