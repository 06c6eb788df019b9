import type { ChatUsage } from '@parley/contracts';
import { countOf, type JsonObject } from '../json-values.ts';

/**
 * Tokens as the last document tells them. Ollama leaves zeros out, so that an empty answer has no `eval_count`; without
 * `prompt_eval_count`, which older servers leave out for a cached prompt, nothing is known, and 0 would be a lie.
 */
export function decodeUsage(document: JsonObject): ChatUsage | undefined {
  const prompt = countOf(document['prompt_eval_count']);
  const completion = countOf(document['eval_count']) ?? 0;
  if (prompt === undefined) return undefined;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}
