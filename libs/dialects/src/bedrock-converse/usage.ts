import type { ChatUsage } from '@parley/contracts';
import { isObject, objectsIn, type JsonObject } from '../json-values.ts';

/**
 * Bedrock counts what was read from the cache and written to it apart from `inputTokens`; the hub counts it in.
 * Reasoning is part of `outputTokens` and is not told apart.
 */
export function decodeUsage(usage: JsonObject): ChatUsage {
  const read = count(usage['cacheReadInputTokens']);
  const written = count(usage['cacheWriteInputTokens']);
  const prompt = count(usage['inputTokens']) + read + written;
  const completion = count(usage['outputTokens']);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: read,
      cache_write_tokens: written,
      cache_write_1h_tokens: Math.min(writtenForOneHour(usage), written),
    },
    ...(hasEntries(usage['serverToolUsage']) && { server_tool_use: usage['serverToolUsage'] }),
  };
}

function writtenForOneHour(usage: JsonObject): number {
  const kept = objectsIn(usage['cacheDetails']).filter((part) => part['ttl'] === '1h');
  return kept.reduce((sum, part) => sum + count(part['inputTokens']), 0);
}

function hasEntries(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length > 0;
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
