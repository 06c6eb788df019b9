import type { ChatUsage } from '@parley/contracts';
import { isObject, objectsIn, type JsonObject } from '../json-values.ts';

/**
 * Tokens in OpenAI's terms, or undefined when Gemini named none (a blocked prompt, the early events of a stream).
 *
 * Gemini counts side by side what OpenAI nests: recorded totals equal prompt + tool use + candidates + thoughts. What a
 * server-side tool read (`toolUsePromptTokenCount`) is input to the model and therefore prompt; thoughts are completion.
 * Cached tokens are already inside the prompt count.
 */
export function decodeUsage(metadata: unknown): ChatUsage | undefined {
  if (!isObject(metadata) || typeof metadata['promptTokenCount'] !== 'number') return undefined;
  const reasoning = countOf(metadata, 'thoughtsTokenCount');
  const prompt = countOf(metadata, 'promptTokenCount') + countOf(metadata, 'toolUsePromptTokenCount');
  const completion = countOf(metadata, 'candidatesTokenCount') + reasoning;
  const audio = audioTokens(metadata['promptTokensDetails']);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: countOf(metadata, 'totalTokenCount') || prompt + completion,
    prompt_tokens_details: {
      cached_tokens: countOf(metadata, 'cachedContentTokenCount'),
      ...(audio > 0 && { audio_tokens: audio }),
    },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

/** Zero when absent: proto3 JSON leaves zeros out. */
function countOf(metadata: JsonObject, field: string): number {
  const count = metadata[field];
  return typeof count === 'number' ? count : 0;
}

function audioTokens(details: unknown): number {
  const audio = objectsIn(details).find((detail) => detail['modality'] === 'AUDIO');
  return audio ? countOf(audio, 'tokenCount') : 0;
}

/** The way back. What nobody counted is left out. */
export function encodeUsage(usage: ChatUsage): JsonObject {
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens ?? 0;
  return {
    promptTokenCount: usage.prompt_tokens,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    candidatesTokenCount: Math.max(0, usage.completion_tokens - reasoning),
    ...(reasoning > 0 && { thoughtsTokenCount: reasoning }),
    totalTokenCount: usage.total_tokens,
  };
}
