import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { ChatCompletionChunk } from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { openEventReader } from './event-reader.ts';
import { openStreamDecoder } from './stream.ts';

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

/** A frame as Bedrock sends it; `headers` in place of those of an event. */
export function frame(
  event: string,
  body: object,
  headers: Record<string, string> = { ':event-type': event, ':message-type': 'event' },
): Buffer {
  const all = Object.entries({ ':content-type': 'application/json', ...headers });
  const typed = all.map(([name, value]) => [name, { type: 'string', value }] as const);
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body: Buffer.from(JSON.stringify(body)) }));
}

export function exceptionFrame(kind: string, message: string): Buffer {
  return frame('', { message }, { ':exception-type': kind, ':message-type': 'exception' });
}

/** Reads a whole stream that arrives in the given pieces. */
export function readStream(pieces: readonly Buffer[], context: AnswerContext): ChatCompletionChunk[] {
  const reader = openEventReader();
  const decoder = openStreamDecoder(context);
  const events = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  return [...events.flatMap((event) => decoder.push(event)), ...decoder.end()];
}
