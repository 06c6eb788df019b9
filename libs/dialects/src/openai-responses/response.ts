import type { ChatChoice, ChatAnswerMessage, ChatCompletion, ChatToolCall } from '@parley/contracts';
import { hubAnswerId } from '../answer-id.ts';
import { UpstreamFailureError, type AnswerContext } from '../dialect.ts';
import { badAnswer } from '../stream-transform.ts';
import { embeddedFailure } from './failure.ts';
import { decodeFinish } from './finish.ts';
import { isObject, objectsIn, textOf, textOr, type JsonObject } from '../json-values.ts';
import { OutputReader, type Piece } from './output-reader.ts';
import { decodeUsage } from './usage.ts';

/** Reads a body of `POST /responses`. Throws like `checkResponse`. */
export function decodeResponse(body: unknown, context: AnswerContext): ChatCompletion {
  const response = checkResponse(body);
  const usage = decodeUsage(response['usage']);
  return {
    ...decodeIdentity(response, context),
    object: 'chat.completion',
    choices: [decodeChoice(response)],
    ...(usage && { usage }),
  };
}

/** Throws `UpstreamFailureError` for a response that failed, and for what is none. */
export function checkResponse(body: unknown): JsonObject {
  if (!isObject(body)) throw badAnswer('the answer is no JSON object');
  assertFinished(body);
  if (!Array.isArray(body['output'])) throw badAnswer('the answer has no output');
  return body;
}

function decodeChoice(body: JsonObject): ChatChoice {
  const reader = new OutputReader();
  const pieces = reader.closeAll(objectsIn(body['output']));
  const logprobs = pieces.flatMap((piece) => piece.logprobs ?? []);
  return {
    index: 0,
    message: joinMessage(pieces),
    logprobs: logprobs.length > 0 ? { content: logprobs, refusal: null } : null,
    ...decodeFinish(body, reader.hasToolCalls),
  };
}

/** What names an answer: its own where it has it. */
export function decodeIdentity(
  response: JsonObject,
  context: AnswerContext,
): Pick<ChatCompletion, 'id' | 'created' | 'model'> {
  const created = response['created_at'];
  return {
    id: hubAnswerId(textOr(response['id'], '') || context.fallbackId),
    created: typeof created === 'number' && created > 0 ? Math.trunc(created) : context.created,
    model: textOr(response['model'], '') || context.target.upstreamModel,
  };
}

/** The last piece of opaque reasoning state in a response. */
export function stateIn(response: JsonObject): string | undefined {
  const thought = objectsIn(response['output']).findLast(({ type }) => type === 'reasoning');
  return textOf(thought?.['encrypted_content']);
}

/** Throws for a response that failed, was cancelled or still runs; both whole ones and the last of a stream are asked. */
export function assertFinished(response: JsonObject): void {
  const { status, error } = response;
  if (status === 'failed' || (error !== undefined && error !== null)) throw embeddedFailure(response);
  if (status === 'cancelled') {
    const message = 'the provider cancelled the response';
    const upstream = { status: 200, code: 'cancelled', message };
    throw new UpstreamFailureError({ code: 'upstream_incomplete', retryable: true, upstream });
  }
  if (status === 'queued' || status === 'in_progress') throw badAnswer('the response is not finished');
}

function joinMessage(pieces: readonly Piece[]): ChatAnswerMessage {
  const deltas = pieces.map(({ delta }) => delta);
  const text = deltas.map((delta) => delta.content ?? '').join('');
  const refusal = deltas.map((delta) => delta.refusal ?? '').join('');
  const reasoning = deltas.map((delta) => delta.reasoning_content ?? '').join('');
  const details = deltas.flatMap((delta) => delta.reasoning_details ?? []);
  const annotations = deltas.flatMap((delta) => delta.annotations ?? []);
  const calls = joinCalls(pieces);
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(annotations.length > 0 && { annotations }),
  };
}

function joinCalls(pieces: readonly Piece[]): ChatToolCall[] {
  const calls: ChatToolCall[] = [];
  for (const { index, id, function: called } of pieces.flatMap(({ delta }) => delta.tool_calls ?? [])) {
    const known = calls[index];
    if (known) known.function.arguments += called?.arguments ?? '';
    else calls.push({ id: id ?? '', type: 'function', function: { name: called?.name ?? '', arguments: '' } });
  }
  return calls;
}
