import { BILLED_TOKENS, type ChatUsage } from '@parley/contracts';
import { countOf, isObject, type JsonObject } from '../json-values.ts';

/**
 * Tokens as the model saw them. `input_tokens` counts the cached ones in, `output_tokens` those of thought, while those
 * of images stand apart (recorded: 34 of text beside 259 of an image). What Cohere bills leaves out its own
 * instructions (recorded: 57 tokens of 1,490): costs go by it, and it stands in where nothing else was counted.
 */
export function decodeUsage(usage: unknown): ChatUsage | undefined {
  if (!isObject(usage)) return undefined;
  const billed = isObject(usage['billed_units']) ? usage['billed_units'] : undefined;
  const tokens = isObject(usage['tokens']) ? usage['tokens'] : billed;
  const input = countOf(tokens?.['input_tokens']);
  const completion = countOf(tokens?.['output_tokens']);
  if (!tokens || input === undefined || completion === undefined) return undefined;
  const prompt = input + (countOf(tokens['image_tokens']) ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...detail('prompt_tokens_details', 'cached_tokens', usage['cached_tokens']),
    ...detail('completion_tokens_details', 'reasoning_tokens', tokens['reasoning_tokens']),
    ...(billed && { billed_units: billed, ...billedTokens(billed) }),
  };
}

function billedTokens(billed: JsonObject): Pick<ChatUsage, typeof BILLED_TOKENS> {
  const input = countOf(billed['input_tokens']);
  const output = countOf(billed['output_tokens']);
  return input === undefined || output === undefined ? {} : { [BILLED_TOKENS]: { input, output } };
}

function detail(group: string, field: string, value: unknown): JsonObject {
  const count = countOf(value);
  return count === undefined ? {} : { [group]: { [field]: count } };
}
