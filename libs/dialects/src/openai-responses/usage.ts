import type { ChatUsage } from '@parley/contracts';
import { isObject, type JsonObject } from '../json-values.ts';

/**
 * Usage in the hub's words; `input_tokens` includes what was cached and `output_tokens` what was reasoned, as there.
 * Undefined where it cannot be believed: absent, or nothing but zeros.
 */
export function decodeUsage(usage: unknown): ChatUsage | undefined {
  if (!isObject(usage)) return undefined;
  const prompt = count(usage['input_tokens']);
  const completion = count(usage['output_tokens']);
  if (prompt === undefined || completion === undefined || prompt + completion === 0) return undefined;
  const { cached_tokens: cached, cache_write_tokens: written } = objectOr(usage['input_tokens_details']);
  const { reasoning_tokens: reasoning } = objectOr(usage['output_tokens_details']);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: count(usage['total_tokens']) ?? prompt + completion,
    prompt_tokens_details: {
      cached_tokens: count(cached) ?? 0,
      ...(count(written) !== undefined && { cache_write_tokens: count(written) }),
    },
    completion_tokens_details: { reasoning_tokens: count(reasoning) ?? 0 },
  };
}

function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.trunc(value) : undefined;
}

/** Usage in this API's words, with every count that it promises. */
export function encodeUsage(usage: ChatUsage): JsonObject {
  const { prompt_tokens_details: input, completion_tokens_details: output } = usage;
  return {
    input_tokens: usage.prompt_tokens,
    input_tokens_details: {
      cached_tokens: input?.cached_tokens ?? 0,
      cache_write_tokens: input?.cache_write_tokens ?? 0,
    },
    output_tokens: usage.completion_tokens,
    output_tokens_details: { reasoning_tokens: output?.reasoning_tokens ?? 0 },
    total_tokens: usage.total_tokens,
  };
}
