import type { ChatLogprobs } from '@parley/contracts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';

/** https://ai.google.dev/api/generate-content#LogprobsResult */
export function decodeLogprobs(result: unknown): ChatLogprobs | undefined {
  if (!isObject(result)) return undefined;
  const chosen = objectsIn(result['chosenCandidates']);
  const top = objectsIn(result['topCandidates']).map((step) => objectsIn(step['candidates']).map(decodeToken));
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

/** The way back; undefined where there are none. */
export function encodeLogprobs(logprobs: ChatLogprobs | null | undefined): JsonObject | undefined {
  const tokens = objectsIn(logprobs?.content);
  if (tokens.length === 0) return undefined;
  const top = tokens.map((token) => ({ candidates: objectsIn(token['top_logprobs']).map(encodeToken) }));
  return { chosenCandidates: tokens.map(encodeToken), topCandidates: top };
}

const encodeToken = ({ token, logprob }: JsonObject): JsonObject => ({ token, logProbability: logprob });
