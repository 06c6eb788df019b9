import type { ChatChoice, ChatCompletion, ChatDelta } from '@parley/contracts';
import { CandidateWriter } from './door-candidate.ts';
import { toNativeFinish } from './finish.ts';
import type { JsonObject } from '../json-values.ts';
import { encodeLogprobs } from './logprobs.ts';
import { encodeUsage } from './usage.ts';

/** Writes a whole `GenerateContentResponse`: https://ai.google.dev/api/generate-content#generatecontentresponse */
export function encodeResponse(completion: ChatCompletion, includeThoughts: boolean): JsonObject {
  return {
    candidates: completion.choices.map((choice) => encodeCandidate(choice, includeThoughts)),
    ...(completion.usage && { usageMetadata: encodeUsage(completion.usage) }),
    ...encodeEnvelope(completion),
  };
}

/** Which model answered, and the answer's id: Gemini's have no prefix. */
export function encodeEnvelope({ id, model }: Pick<ChatCompletion, 'id' | 'model'>): JsonObject {
  return { modelVersion: model, responseId: id.replace(/^chatcmpl-/, '') };
}

function encodeCandidate(choice: ChatChoice, includeThoughts: boolean): JsonObject {
  const { index, message, logprobs, finish_reason: finish, native_finish_reason: native } = choice;
  const writer = new CandidateWriter(includeThoughts);
  const { tool_calls: calls, ...rest } = message;
  const delta: ChatDelta = { ...rest, ...(calls && { tool_calls: calls.map((call, at) => ({ ...call, index: at })) }) };
  const parts = [...writer.push(delta), ...writer.finish()];
  return encodeEnd(index, parts, toNativeFinish(finish, native), writer, encodeLogprobs(logprobs));
}

/** A candidate that is over. Many clients read the first part without a look whether there is one. */
export function encodeEnd(
  index: number,
  parts: JsonObject[],
  finishReason: string,
  writer: CandidateWriter,
  logprobsResult?: JsonObject,
): JsonObject {
  const groundingMetadata = writer.groundingMetadata();
  return {
    content: { parts: parts.length > 0 ? parts : [{ text: '' }], role: 'model' },
    finishReason,
    index,
    ...(groundingMetadata && { groundingMetadata }),
    ...(logprobsResult && { logprobsResult }),
  };
}
