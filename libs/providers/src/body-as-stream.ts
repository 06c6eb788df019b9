import type { ChatCompletion, ChatCompletionChunk, ChatDelta } from '@parley/contracts';
import {
  TranslatedStream,
  type AnswerContext,
  type Dialect,
  type StreamDecoder,
  type StreamEncoder,
  type StreamTransform,
} from '@parley/dialects';

/**
 * A provider answered whole although it was asked to stream: one completion, or a JSON array of the stream's events
 * (Gemini without `alt=sse`). Either way the client gets the stream that it asked for.
 */
export function streamOfBody(
  body: unknown,
  dialect: Dialect,
  encoder: StreamEncoder,
  context: AnswerContext,
  includeUsage: boolean,
): StreamTransform {
  const decoder = Array.isArray(body)
    ? decodeArray(body, dialect.openStreamDecoder(context))
    : replay(dialect.decodeResponse(body, context));
  return new TranslatedStream(decoder, encoder, includeUsage);
}

function decodeArray(items: unknown[], decoder: StreamDecoder): StreamDecoder {
  return {
    push: () => [],
    end: () => [...items.flatMap((item) => decoder.push({ data: JSON.stringify(item) })), ...decoder.end()],
  };
}

function replay(completion: ChatCompletion): StreamDecoder {
  return { push: () => [], end: () => completionChunks(completion) };
}

/** The chunks of a whole answer: one per choice, its finish, and usage where there is any. */
function completionChunks(completion: ChatCompletion): ChatCompletionChunk[] {
  const { id, created, model, usage } = completion;
  const envelope = { id, created, model, object: 'chat.completion.chunk' as const };
  const choices = completion.choices.map(({ index, message, finish_reason, logprobs }) => {
    const { tool_calls: calls, ...rest } = message;
    const delta: ChatDelta = {
      ...rest,
      ...(calls && { tool_calls: calls.map((call, at) => ({ ...call, index: at })) }),
    };
    return { index, delta, finish_reason, ...(logprobs !== undefined && { logprobs }) };
  });
  return [{ ...envelope, choices }, ...(usage ? [{ ...envelope, choices: [], usage }] : [])];
}
