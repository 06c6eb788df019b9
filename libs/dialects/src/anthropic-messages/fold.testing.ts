import type { ChatCompletion, ChatCompletionChunk, ChatToolCall } from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { SseReader } from '../sse.ts';
import { openStreamDecoder } from './stream.ts';

/** Reads a whole stream that arrives in the given pieces. */
export function readStream(pieces: readonly Buffer[], context: AnswerContext): ChatCompletionChunk[] {
  const reader = new SseReader();
  const decoder = openStreamDecoder(context);
  const events = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  return [...events.flatMap((event) => decoder.push(event)), ...decoder.end()];
}

/** Joins chunks into the answer that they stream, the way a client does; throws where a promise on chunks is broken. */
export function fold(chunks: readonly ChatCompletionChunk[]): ChatCompletion {
  const [first] = chunks;
  const last = chunks.at(-1);
  if (!first || !last) throw new Error('no chunks');
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const deltas = choices.map((choice) => choice.delta);
  const [finish, ...otherFinishes] = choices.filter((choice) => choice.finish_reason !== null);
  const roles = deltas.flatMap((delta, index) => (delta.role ? [index] : []));
  const ids = new Set(chunks.map((chunk) => chunk.id));
  if (!finish?.finish_reason || otherFinishes.length > 0) throw new Error('not exactly one finish');
  if (roles.join() !== '0' || ids.size !== 1) throw new Error('the role is not on the first delta, or ids differ');
  if (chunks.slice(0, -1).some((chunk) => chunk.usage)) throw new Error('usage before the last chunk');

  const text = deltas.map((delta) => delta.content ?? '').join('');
  const refusal = deltas.map((delta) => delta.refusal ?? '').join('');
  const reasoning = deltas.map((delta) => delta.reasoning_content ?? '').join('');
  const details = deltas.flatMap((delta) => delta.reasoning_details ?? []);
  const annotations = deltas.flatMap((delta) => delta.annotations ?? []);
  const calls = foldCalls(chunks);
  const { delta: _delta, finish_reason: finishReason, ...finishFields } = finish;
  return {
    id: first.id,
    object: 'chat.completion',
    created: first.created,
    model: first.model,
    choices: [
      {
        message: {
          role: 'assistant',
          content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
          refusal: refusal === '' ? null : refusal,
          ...(reasoning !== '' && { reasoning_content: reasoning }),
          ...(details.length > 0 && { reasoning_details: details }),
          ...(calls.length > 0 && { tool_calls: calls }),
          ...(annotations.length > 0 && { annotations }),
        },
        logprobs: null,
        ...finishFields,
        finish_reason: finishReason,
      },
    ],
    ...(last.usage && { usage: last.usage }),
  };
}

function foldCalls(chunks: readonly ChatCompletionChunk[]): ChatToolCall[] {
  const calls: ChatToolCall[] = [];
  const fragments = chunks.flatMap((chunk) => chunk.choices).flatMap((choice) => choice.delta.tool_calls ?? []);
  for (const { index, id, type, function: part } of fragments) {
    const known = calls[index];
    if (known) {
      known.function.arguments += part?.arguments ?? '';
      continue;
    }
    if (index !== calls.length || id === undefined || !type || part?.name === undefined) {
      throw new Error('a call must start whole and in order');
    }
    calls.push({ id, type, function: { name: part.name, arguments: part.arguments ?? '' } });
  }
  return calls;
}
