import type { Pricing } from '@parley/contracts';

/** Nano-USD per million tokens (`request`: nano-USD per request); null = unknown, which is never free. */
export type Price = {
  input: bigint | null;
  output: bigint | null;
  cachedInput: bigint | null;
  cacheWrite: bigint | null;
  cacheWrite1h: bigint | null;
  reasoning: bigint | null;
  request: bigint;
};

const NANO_DIGITS = 9;
const MILLION = 1_000_000n;

/** Reads a decimal string exactly, as a whole number of its `digits`-th decimal place. */
function scaled(decimal: string, digits: number): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(digits, '0').slice(0, digits));
}

const nano = (decimal: string | null | undefined): bigint | null =>
  decimal == null ? null : scaled(decimal, NANO_DIGITS);

/** Prepares a price for exact arithmetic; null where nothing is known. */
export function compilePrice(pricing: Pricing | null): Price | null {
  if (!pricing) return null;
  const output = nano(pricing.output);
  return {
    input: nano(pricing.input),
    output,
    cachedInput: nano(pricing.cached_input),
    cacheWrite: nano(pricing.cache_write),
    cacheWrite1h: nano(pricing.cache_write_1h),
    reasoning: nano(pricing.reasoning) ?? output,
    request: nano(pricing.request) ?? 0n,
  };
}

/** Tokens of one call, each counted under exactly one kind. */
export type TokenCounts = {
  uncachedInput: number;
  cachedInput: number;
  /** For the short lifetime of the provider's prompt cache. */
  cacheWrite: number;
  cacheWrite1h: number;
  response: number;
  reasoning: number;
};

/**
 * The cost of one call in nano-USD, rounded half up once over the whole; null where a price that is needed is unknown.
 * The items of a batch are ordinary calls to the provider, so they cost what ordinary calls do.
 */
export function costOf(tokens: TokenCounts, price: Price | null): number | null {
  if (!price) return null;
  const parts: [count: number, each: bigint | null][] = [
    [tokens.uncachedInput, price.input],
    [tokens.cachedInput, price.cachedInput],
    [tokens.cacheWrite, price.cacheWrite],
    [tokens.cacheWrite1h, price.cacheWrite1h],
    [tokens.response, price.output],
    [tokens.reasoning, price.reasoning],
  ];
  let sum = price.request * MILLION;
  for (const [count, each] of parts) {
    if (count === 0) continue;
    if (each === null) return null;
    sum += BigInt(count) * each;
  }
  return Number((sum + MILLION / 2n) / MILLION);
}

/** Nano-USD as a decimal string in US dollars, without trailing zeros. */
export function formatUsd(nanoUsd: number | bigint): string {
  const digits = String(nanoUsd).padStart(NANO_DIGITS + 1, '0');
  const fraction = digits.slice(-NANO_DIGITS).replace(/0+$/, '');
  return digits.slice(0, -NANO_DIGITS) + (fraction === '' ? '' : `.${fraction}`);
}
