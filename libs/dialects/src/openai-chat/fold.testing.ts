import type { ChatCompletion, ChatCompletionChunk, ChatToolCall, ChatUsage } from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { SseReader } from '../sse.ts';
import { readEvents } from '../stream-transform.ts';
import { ChatRelay } from './relay.ts';
import { ChatStreamDecoder } from './stream.ts';

export const context: AnswerContext = {
  target: { provider: 'openai', upstreamModel: 'gpt', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1,
};

export const noEstimate = (): ChatUsage => {
  throw new Error('usage was there, so nothing is to be estimated');
};

export const sse = (...events: unknown[]): string =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');

/** One buffer per byte. */
export const byteByByte = (bytes: Buffer): Buffer[] => [...bytes.keys()].map((at) => bytes.subarray(at, at + 1));

/** The chunks that the decoder gives for a stream in the given pieces. */
export function decodeStream(pieces: readonly Buffer[]): ChatCompletionChunk[] {
  const reader = new SseReader();
  const decoder = new ChatStreamDecoder(context);
  const events = readEvents(() => [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]);
  return [...events.flatMap((event) => decoder.push(event)), ...decoder.end()];
}

/** The bytes that the relay gives for a stream in the given pieces. */
export function relayStream(pieces: readonly Buffer[], includeUsage: boolean, estimate = noEstimate): Buffer {
  const relay = new ChatRelay(context, { includeUsage });
  const output = pieces.flatMap((piece) => (relay.facts.done ? [] : (relay.push(piece) ?? [])));
  const rest = relay.end(estimate);
  return Buffer.concat(rest ? [...output, rest] : output);
}

/** Reads what a client gets; throws where that is no stream of an OpenAI kind. */
export function readChunks(output: Buffer): ChatCompletionChunk[] {
  const blocks = output.toString().split('\n\n');
  if (blocks.pop() !== '' || blocks.pop() !== 'data: [DONE]') throw new Error('the stream does not end in [DONE]');
  return blocks.map((block) => JSON.parse(block.replace(/^data: /, '')) as ChatCompletionChunk);
}

/** Joins chunks into the answer that they stream, the way a client does; throws where a promise on chunks is broken. */
export function fold(chunks: readonly ChatCompletionChunk[]): ChatCompletion {
  const [first] = chunks;
  if (!first) throw new Error('no chunks');
  if (new Set(chunks.map((chunk) => `${chunk.id} ${chunk.created} ${chunk.model}`)).size !== 1) {
    throw new Error('the identity of the answer changes on the way');
  }
  const usages = chunks.filter((chunk) => chunk.usage);
  if (usages.length > 1 || (usages[0] && (usages[0] !== chunks.at(-1) || usages[0].choices.length > 0))) {
    throw new Error('usage is to stand alone, once, last');
  }
  const indexes = [...new Set(chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.index)))].sort(
    (a, b) => a - b,
  );
  const { id, created, model } = first;
  const usage = usages[0]?.usage;
  const choices = indexes.map((index) => foldChoice(chunks, index));
  return { id, object: 'chat.completion', created, model, choices, ...(usage && { usage }) };
}

function foldChoice(chunks: readonly ChatCompletionChunk[], index: number): ChatCompletion['choices'][number] {
  const parts = chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.index === index);
  const deltas = parts.map((choice) => choice.delta);
  const finishes = parts.filter((choice) => choice.finish_reason !== null);
  const [finish] = finishes;
  if (!finish?.finish_reason || finishes.length > 1) throw new Error('not exactly one finish');
  if (deltas[0]!.role !== 'assistant') throw new Error('the role does not come first');
  const join = (field: string): string => deltas.map((delta) => (delta[field] as string | null) ?? '').join('');
  const calls = foldCalls(deltas.flatMap((delta) => delta.tool_calls ?? []));
  return {
    index,
    finish_reason: finish.finish_reason,
    message: {
      role: 'assistant',
      content: join('content'),
      reasoning_content: join('reasoning_content'),
      refusal: join('refusal'),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
  };
}

function foldCalls(fragments: NonNullable<ChatCompletionChunk['choices'][number]['delta']['tool_calls']>) {
  const calls: ChatToolCall[] = [];
  for (const { index, id, type, function: part } of fragments) {
    const known = calls[index];
    if (known) known.function.arguments += part?.arguments ?? '';
    else if (index === calls.length && id && type === 'function' && part?.name !== undefined) {
      calls.push({ id, type, function: { name: part.name, arguments: part.arguments ?? '' } });
    } else throw new Error('a call must start whole and in order');
  }
  return calls;
}
