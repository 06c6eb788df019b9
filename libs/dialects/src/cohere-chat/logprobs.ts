import type { ChatLogprobs } from '@parley/contracts';
import { objectsIn, textOf } from '../json-values.ts';

/**
 * Log probabilities of chunks of text. A chunk is a token but for rare characters that take several: these are told as
 * one, as likely as all of its parts. Source: https://docs.cohere.com/reference/chat (logprobs)
 */
export function decodeLogprobs(chunks: unknown): ChatLogprobs | undefined {
  const content = objectsIn(Array.isArray(chunks) ? chunks : [chunks]).map((chunk) => {
    const token = textOf(chunk['text']) ?? '';
    const parts = Array.isArray(chunk['logprobs']) ? chunk['logprobs'] : [];
    const logprob = parts.reduce((sum: number, part: unknown) => sum + (typeof part === 'number' ? part : 0), 0);
    return { token, logprob, bytes: [...Buffer.from(token)], top_logprobs: [] };
  });
  return content.length > 0 ? { content, refusal: null } : undefined;
}
