import type { ChatLogprobs } from '@parley/contracts';
import { isObject, objectsOf, textOf, type JsonObject } from './json.ts';

/** https://ai.google.dev/api/generate-content#LogprobsResult */
export function decodeLogprobs(result: unknown): ChatLogprobs | undefined {
  if (!isObject(result)) return undefined;
  const chosen = objectsOf(result['chosenCandidates']);
  const top = objectsOf(result['topCandidates']).map((step) => objectsOf(step['candidates']).map(decodeToken));
  return {
    content: chosen.map((token, position) => ({ ...decodeToken(token), top_logprobs: top[position] ?? [] })),
    refusal: null,
  };
}

function decodeToken(token: JsonObject): JsonObject {
  const text = textOf(token['token']) ?? '';
  const logprob = typeof token['logProbability'] === 'number' ? token['logProbability'] : 0;
  return { token: text, logprob, bytes: [...Buffer.from(text)] };
}
