import type { ChatRequest } from '@parley/contracts';
import type { EncodedRequest, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { unreadableAnswer } from '../failures.ts';
import { encodeRequest } from './request.ts';

/** Vertex AI's request: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/countTokens */
const COUNTED_BARE = ['contents', 'systemInstruction', 'tools', 'generationConfig'];

/** As `models.countTokens` and `models.generateContent` name a model in a body. */
export const modelName = ({ upstreamModel }: Target): string => `models/${upstreamModel.replace(/^models\//, '')}`;

/**
 * Writes a hub request as a body for `countTokens`: https://ai.google.dev/api/tokens#request-body
 * Beside the contents, the Gemini API counts only inside of a whole request; Vertex AI knows no whole requests.
 */
export function encodeCountRequest(request: ChatRequest, target: Target): EncodedRequest {
  const { body, losses } = encodeRequest(request, target);
  if (!target.countsBareRequests) {
    return { body: { generateContentRequest: { model: modelName(target), ...(body as JsonObject) } }, losses };
  }
  const fields = Object.entries(body as JsonObject).filter(([field]) => COUNTED_BARE.includes(field));
  return { body: Object.fromEntries(fields), losses };
}

export function decodeCount(body: unknown): number {
  const tokens = isObject(body) ? body['totalTokens'] : undefined;
  if (typeof tokens !== 'number') throw unreadableAnswer('the answer has no totalTokens');
  return tokens;
}
