import type { ChatCompletion, ChatCompletionChunk } from '@parley/contracts';
import { fold } from '../anthropic-messages/fold.testing.ts';
import type { AnswerContext } from '../dialect.ts';
import { SseReader } from '../sse.ts';
import { openStreamDecoder } from './stream.ts';

export const context: AnswerContext = {
  target: { provider: 'openai', upstreamModel: 'gpt', capabilities: {}, maxOutputTokens: null },
  fallbackId: 'fallback',
  created: 1,
};

export type Event = { type: string; [field: string]: unknown };

/** Events as OpenAI frames them. */
export const sse = (events: readonly Event[]): Buffer =>
  Buffer.from(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));

/** The chunks that the decoder gives for a stream in the given pieces. */
export function readStream(pieces: readonly Buffer[]): ChatCompletionChunk[] {
  const reader = new SseReader();
  const decoder = openStreamDecoder(context);
  const events = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  return [...events.flatMap((event) => decoder.push(event)), ...decoder.end()];
}

/** The answer that a stream amounts to; throws where a promise on chunks is broken. */
export const foldStream = (pieces: readonly Buffer[]): ChatCompletion => fold(readStream(pieces));
