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

export const pricingSchema = z.strictObject({
  input: price,
  output: price,
  cached_input: price,
  cache_write: price,
  cache_write_1h: price,
  /** Absent: reasoning costs what output costs. */
  reasoning: price,
  request: price,
  /** What a batch call costs relative to a live one, such as "0.5". */
  batch_factor: price,
});
export type Pricing = z.infer<typeof pricingSchema>;

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
