import type { ChatAnswerMessage, ChatChoice, ChatCompletion, ChatDelta, ChatToolCall } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import type { AnswerContext } from '../dialect.ts';
import { CandidateReader, throwIfUnusable } from './candidate.ts';
import { badAnswer, throwIfError } from './failure.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';
import { decodeLogprobs } from './logprobs.ts';
import { decodeUsage } from './usage.ts';

/** Reads a whole `GenerateContentResponse`: https://ai.google.dev/api/generate-content#generatecontentresponse */
export function decodeResponse(body: unknown, context: AnswerContext): ChatCompletion {
  const { fields, candidates } = checkResponse(body);
  const blockReason = readBlockReason(fields);
  const choices = (candidates.length === 0 ? [{}] : candidates).map((candidate, position) =>
    decodeCandidate(candidate, position, blockReason, context),
  );
  const usage = decodeUsage(fields['usageMetadata']);
  return {
    // Not Gemini's `responseId`: it is short and no client relies on it, ours is unique by design.
    id: hubAnswerId(context.fallbackId),
    object: 'chat.completion',
    created: context.created,
    model: textOf(fields['modelVersion']) ?? context.target.upstreamModel,
    choices,
    ...(usage && { usage }),
  };
}

/** Throws `UpstreamFailureError` for an error inside a 200, an answer of no use, and what is no answer. */
export function checkResponse(body: unknown): { fields: JsonObject; candidates: JsonObject[] } {
  throwIfError(body);
  if (!isObject(body)) throw badAnswer('the answer is no JSON object');
  const candidates = objectsIn(body['candidates']);
  if (candidates.length === 0 && readBlockReason(body) === undefined) throw badAnswer('the answer has no candidates');
  for (const candidate of candidates) throwIfUnusable(candidate);
  return { fields: body, candidates };
}

/** Why Gemini did not even start: https://ai.google.dev/api/generate-content#BlockReason */
export function readBlockReason(body: JsonObject): string | undefined {
  const feedback = body['promptFeedback'];
  return isObject(feedback) ? textOf(feedback['blockReason']) : undefined;
}

function decodeCandidate(
  candidate: JsonObject,
  position: number,
  blockReason: string | undefined,
  context: AnswerContext,
): ChatChoice {
  const index = typeof candidate['index'] === 'number' ? candidate['index'] : position;
  const reader = new CandidateReader(index, context.fallbackId);
  const deltas = [...reader.read(candidate), ...reader.close()];
  const logprobs = decodeLogprobs(candidate['logprobsResult']) ?? null;
  return { index, message: foldDeltas(deltas), logprobs, ...reader.outcome(blockReason) };
}

function foldDeltas(deltas: ChatDelta[]): ChatAnswerMessage {
  const content = deltas.map((delta) => delta.content ?? '').join('');
  const reasoning = deltas.map((delta) => delta.reasoning_content ?? '').join('');
  const details = deltas.flatMap((delta) => delta.reasoning_details ?? []);
  const calls = deltas.flatMap((delta) => delta.tool_calls ?? []).map(toToolCall);
  const annotations = deltas.flatMap((delta) => delta.annotations ?? []);
  const images = deltas.flatMap((delta) => objectsIn(delta['images']));
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(annotations.length > 0 && { annotations }),
    ...(images.length > 0 && { images }),
  };
}

/** Calls are whole in one delta here: see `CandidateReader`. */
function toToolCall({ id, function: called }: NonNullable<ChatDelta['tool_calls']>[number]): ChatToolCall {
  return {
    id: id ?? '',
    type: 'function',
    function: { name: called?.name ?? '', arguments: called?.arguments ?? '{}' },
  };
}
