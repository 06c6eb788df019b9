import type { PriceHours, PriceTier, Pricing, TokenRates } from '@parley/contracts';

/** Nano-USD per million tokens (`request`: nano-USD per request); null = unknown, which is never free. */
type Rates = {
  input: bigint | null;
  output: bigint | null;
  cachedInput: bigint | null;
  cacheWrite: bigint | null;
  cacheWrite1h: bigint | null;
  reasoning: bigint | null;
  request: bigint;
};

type Tier = Rates & { aboveInputTokens: number };

type TieredPrice = Rates & {
  /** By falling `aboveInputTokens`: the first that is exceeded prices the whole request. */
  tiers: readonly Tier[];
};

/** What is paid at other times of the day, in minutes since midnight UTC. */
type Hours = { fromMinute: number; toMinute: number; price: TieredPrice };

/** A model's price, prepared for exact arithmetic. */
export type Price = TieredPrice & { hours: readonly Hours[] };

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
  const hours = (pricing.hours ?? []).map((window): Hours => compileHours(pricing, window));
  return { ...compileTiers(pricing), hours };
}

function compileHours(pricing: Pricing, { from, to, ...rates }: PriceHours): Hours {
  const price = compileTiers(overlay({ ...pricing, tiers: [] }, rates));
  return { fromMinute: minuteOf(from), toMinute: minuteOf(to), price };
}

function compileTiers(pricing: Pricing): TieredPrice {
  const tiers = (pricing.tiers ?? []).map((tier): Tier => compileTier(pricing, tier));
  return { ...compileRates(pricing), tiers: tiers.sort((a, b) => b.aboveInputTokens - a.aboveInputTokens) };
}

function compileTier(pricing: Pricing, { above_input_tokens: aboveInputTokens, ...rates }: PriceTier): Tier {
  return { aboveInputTokens, ...compileRates(overlay(pricing, rates)) };
}

/** What is not said keeps to what is below; null is said: unknown. */
function overlay(below: Pricing, rates: TokenRates & Pick<Pricing, 'tiers'>): Pricing {
  return { ...below, ...Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate !== undefined)) };
}

function compileRates(pricing: Pricing): Rates {
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

function minuteOf(time: string): number {
  const [hour, minute] = time.split(':').map(Number);
  return hour! * 60 + minute!;
}

/** The price at one moment, for vendors that charge by the hour of the day. */
export function priceAt(price: Price | null, moment: Date): TieredPrice | null {
  if (!price || price.hours.length === 0) return price;
  const minute = moment.getUTCHours() * 60 + moment.getUTCMinutes();
  return price.hours.find((hours) => isWithin(minute, hours))?.price ?? price;
}

function isWithin(minute: number, { fromMinute, toMinute }: Hours): boolean {
  const isAfter = minute >= fromMinute;
  const isBefore = minute < toMinute;
  return fromMinute < toMinute ? isAfter && isBefore : isAfter || isBefore;
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
export function costOf(tokens: TokenCounts, price: TieredPrice | null): number | null {
  if (!price) return null;
  const rates = ratesFor(tokens, price);
  const parts: [count: number, each: bigint | null][] = [
    [tokens.uncachedInput, rates.input],
    [tokens.cachedInput, rates.cachedInput],
    [tokens.cacheWrite, rates.cacheWrite],
    [tokens.cacheWrite1h, rates.cacheWrite1h],
    [tokens.response, rates.output],
    [tokens.reasoning, rates.reasoning],
  ];
  let sum = rates.request * MILLION;
  for (const [count, each] of parts) {
    if (count === 0) continue;
    if (each === null) return null;
    sum += BigInt(count) * each;
  }
  return Number((sum + MILLION / 2n) / MILLION);
}

/** The length of the prompt decides about all tokens. Source: https://ai.google.dev/gemini-api/docs/pricing */
function ratesFor(tokens: TokenCounts, price: TieredPrice): Rates {
  if (price.tiers.length === 0) return price;
  const prompt = tokens.uncachedInput + tokens.cachedInput + tokens.cacheWrite + tokens.cacheWrite1h;
  return price.tiers.find((tier) => prompt > tier.aboveInputTokens) ?? price;
}

/** Nano-USD as a decimal string in US dollars, without trailing zeros. */
export function formatUsd(nanoUsd: number | bigint): string {
  const digits = String(nanoUsd).padStart(NANO_DIGITS + 1, '0');
  const fraction = digits.slice(-NANO_DIGITS).replace(/0+$/, '');
  return digits.slice(0, -NANO_DIGITS) + (fraction === '' ? '' : `.${fraction}`);
}
