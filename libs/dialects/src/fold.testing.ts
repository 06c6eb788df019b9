import type { ChatCompletion, ChatCompletionChunk, ChatToolCall } from '@parley/contracts';
import type { AnswerContext, Dialect } from './dialect.ts';
import { SseReader } from './sse.ts';

export const answerContext: AnswerContext = {
  target: { provider: 'vendor', upstreamModel: 'model-under-test', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1_700_000_000,
};

/** Reads a whole stream that arrives in the given pieces. */
export function readStream(dialect: Dialect, pieces: Iterable<Buffer>): ChatCompletionChunk[] {
  const reader = dialect.openEventReader?.() ?? new SseReader();
  const decoder = dialect.openStreamDecoder(answerContext);
  const chunks: ChatCompletionChunk[] = [];
  for (const piece of pieces) for (const event of reader.push(piece)) chunks.push(...decoder.push(event));
  for (const event of reader.end()) chunks.push(...decoder.push(event));
  return [...chunks, ...decoder.end()];
}

export function* singleBytes(body: Buffer): Generator<Buffer> {
  for (let position = 0; position < body.length; position += 1) yield body.subarray(position, position + 1);
}

/** Joins chunks into the answer that they stream, the way a client does; throws where a promise on chunks is broken. */
export function foldChunks(chunks: readonly ChatCompletionChunk[]): ChatCompletion {
  const [first] = chunks;
  const last = chunks.at(-1);
  if (!first || !last) throw new Error('no chunks');
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const deltas = choices.map((choice) => choice.delta);
  const [finish, ...otherFinishes] = choices.filter((choice) => choice.finish_reason !== null);
  demand(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size === 1, 'one identity');
  demand(finish !== undefined && otherFinishes.length === 0 && finish === choices.at(-1), 'one finish, at the end');
  demand(deltas.flatMap((delta, index) => (delta.role ? [index] : [])).join() === '0', 'the role first, and once');
  demand(!chunks.slice(0, -1).some((chunk) => chunk.usage), 'usage on the last chunk only');
  demand(!last.usage || last.choices.length === 0, 'usage on a chunk of its own');
  const join = (field: string): string => deltas.map((delta) => (delta[field] as string | null) ?? '').join('');
  const content = join('content');
  const reasoning = join('reasoning_content');
  const calls = foldCalls(chunks);
  const annotations = deltas.flatMap((delta) => delta.annotations ?? []);
  const logprobs = choices.flatMap((choice) => choice.logprobs?.content ?? []);
  const { delta: _delta, logprobs: _logprobs, ...ending } = finish!;
  const { id, created, model } = first;
  const message = {
    role: 'assistant' as const,
    content: content === '' && calls.length > 0 ? null : content,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(annotations.length > 0 && { annotations }),
  };
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [
      {
        ...ending,
        message,
        logprobs: logprobs.length > 0 ? { content: logprobs, refusal: null } : null,
        finish_reason: ending.finish_reason!,
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
    demand(index === calls.length && id !== undefined && type === 'function', 'a call starts whole and in order');
    demand(part?.name !== undefined && !calls.some((call) => call.id === id), 'a call has a name and an id of its own');
    calls.push({ id: id!, type: 'function', function: { name: part!.name!, arguments: part!.arguments ?? '' } });
  }
  return calls;
}

function demand(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new Error(`the stream breaks its promise: ${promise}`);
}
