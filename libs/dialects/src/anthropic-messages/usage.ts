import type { ChatUsage } from '@parley/contracts';
import { isObject, type JsonObject } from '../json-values.ts';

/** Joins the usage of two events: numbers are cumulative, so that a later one replaces an earlier one. */
export function mergeUsage(earlier: JsonObject, later: unknown): JsonObject {
  if (!isObject(later)) return earlier;
  const known = Object.entries(later).filter(([, value]) => value !== null && value !== undefined);
  return { ...earlier, ...Object.fromEntries(known) };
}

/** Anthropic counts cached tokens apart from `input_tokens`; the hub counts them in. */
export function decodeUsage(usage: JsonObject): ChatUsage {
  const read = count(usage['cache_read_input_tokens']);
  const written = count(usage['cache_creation_input_tokens']);
  const prompt = count(usage['input_tokens']) + read + written;
  const completion = count(usage['output_tokens']);
  const lifetimes = usage['cache_creation'];
  const writtenForOneHour = isObject(lifetimes) ? count(lifetimes['ephemeral_1h_input_tokens']) : 0;
  const output = usage['output_tokens_details'];
  const reasoning = isObject(output) ? output['thinking_tokens'] : undefined;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: read,
      cache_write_tokens: written,
      cache_write_1h_tokens: Math.min(writtenForOneHour, written),
    },
    ...(typeof reasoning === 'number' && { completion_tokens_details: { reasoning_tokens: count(reasoning) } }),
    ...(isObject(usage['server_tool_use']) && { server_tool_use: usage['server_tool_use'] }),
  };
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
