import { z } from 'zod';

export const DIALECT_IDS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini-generate-content',
  'bedrock-converse',
  'ollama-chat',
  'cohere-chat',
] as const;
export type DialectId = (typeof DIALECT_IDS)[number];

/** US dollars per million tokens (`request`: per request) as decimal strings; null or absent = unknown, never free. */
const price = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,9})?$/, 'must be a decimal string such as "0.15", in US dollars per million tokens')
  .nullish();

const tokenRates = {
  input: price,
  output: price,
  cached_input: price,
  cache_write: price,
  cache_write_1h: price,
  /** Absent: reasoning costs what output costs. */
  reasoning: price,
};

/** A rate that is absent is the one below the tier; null = unknown. */
const priceTier = z.strictObject({
  /** The tier prices the whole request when its prompt, cached tokens included, is longer than this. */
  above_input_tokens: z.number().int().positive().max(1_000_000_000),
  ...tokenRates,
});

const priceTiers = z
  .array(priceTier)
  .max(20)
  .refine((tiers) => areDistinct(tiers.map((tier) => tier.above_input_tokens)), 'must differ in `above_input_tokens`')
  .optional();

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day in UTC such as "16:30"');

/** Other rates in some hours of every day; a rate that is absent is the one of the other hours. */
const priceHours = z.strictObject({
  from: timeOfDay,
  /** Excluded. Earlier than `from`: past midnight. */
  to: timeOfDay,
  ...tokenRates,
  /** Absent: none in these hours. */
  tiers: priceTiers,
});

export const pricingSchema = z.strictObject({
  ...tokenRates,
  request: price,
  /** What a batch call costs relative to a live one, such as "0.5". */
  batch_factor: price,
  tiers: priceTiers,
  /** The first that holds counts. */
  hours: z.array(priceHours).max(24).optional(),
});
export type Pricing = z.infer<typeof pricingSchema>;
export type PriceTier = z.infer<typeof priceTier>;
export type PriceHours = z.infer<typeof priceHours>;
export type TokenRates = Omit<PriceTier, 'above_input_tokens'>;

function areDistinct(values: readonly number[]): boolean {
  return new Set(values).size === values.length;
}

/**
 * What a model can do, as far as known. An absent field means "not known": the request is then passed on in the
 * dialect's native way and the provider decides.
 */
export const capabilitiesSchema = z.object({
  tools: z.boolean().optional(),
  parallel_tool_calls: z.boolean().optional(),
  json_object: z.boolean().optional(),
  json_schema: z.boolean().optional(),
  images: z.boolean().optional(),
  logprobs: z.boolean().optional(),
  /**
   * How reasoning effort is asked for. `effort`: a named level; `budget`: a token budget; `adaptive`: the model decides
   * within a named level; `none`: the model does not reason.
   */
  reasoning: z.enum(['none', 'effort', 'budget', 'adaptive']).optional(),
  /**
   * False: the model refuses sampling parameters such as temperature (OpenAI's reasoning models). `without_reasoning`: it
   * takes them only where no reasoning effort is asked for.
   */
  sampling: z.union([z.boolean(), z.literal('without_reasoning')]).optional(),
  /** True: the model takes `max_completion_tokens` and refuses the older `max_tokens`. */
  max_completion_tokens: z.boolean().optional(),
  /** The role that stands in for `system`, which the model refuses. */
  system_role: z.enum(['developer', 'user']).optional(),
  /** False: the model refuses temperature and top_p in one request (Anthropic since Opus 4.1). */
  temperature_with_top_p: z.boolean().optional(),
  /** True: the model makes embeddings and does not chat. False: the other way round. */
  embeddings: z.boolean().optional(),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;
