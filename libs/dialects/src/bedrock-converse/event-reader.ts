import { crc32 } from 'node:zlib';
import { EventStreamCodec, type Message } from '@smithy/eventstream-codec';
import { isObject, textOr } from '../json-values.ts';
import type { EventReader } from '../dialect.ts';
import { SseError, type SseEvent } from '../sse.ts';

/** Two lengths and their sum. */
const PRELUDE_BYTES = 12;
const SUMMED_PRELUDE_BYTES = 8;
/** The prelude, and the sum of the whole at the end. */
const LEAST_FRAME_BYTES = 16;
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** The name of an event that stands for an exception: its data is `{"type", "message"}`. No event of Converse is called so. */
export const EXCEPTION_EVENT = 'exception';

/**
 * Reads the frames of `application/vnd.amazon.eventstream`, cut anywhere, and checks both sums of each.
 * Source: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
 */
export function openEventReader(maxFrameBytes = MAX_FRAME_BYTES): EventReader {
  return new FrameReader(maxFrameBytes);
}

class FrameReader implements EventReader {
  private readonly codec = new EventStreamCodec(decodeUtf8, (text) => Buffer.from(text));
  private pieces: Buffer[] = [];
  private heldBytes = 0;
  /** How many bytes must be there before it is worth looking again. */
  private neededBytes = PRELUDE_BYTES;
  private readonly maxFrameBytes: number;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  push(bytes: Buffer): SseEvent[] {
    this.pieces.push(bytes);
    this.heldBytes += bytes.length;
    if (this.heldBytes < this.neededBytes) return [];
    return this.read(this.pieces.length === 1 ? bytes : Buffer.concat(this.pieces, this.heldBytes));
  }

  /** A frame that was cut off gives nothing: the decoder knows whether the answer was complete without it. */
  end(): SseEvent[] {
    return [];
  }

  private read(held: Buffer): SseEvent[] {
    const events: SseEvent[] = [];
    let from = 0;
    for (;;) {
      this.neededBytes = this.frameBytes(held, from);
      if (held.length - from < this.neededBytes) break;
      events.push(toEvent(this.decode(held.subarray(from, from + this.neededBytes))));
      from += this.neededBytes;
    }
    this.pieces = from < held.length ? [held.subarray(from)] : [];
    this.heldBytes = held.length - from;
    return events;
  }

  /** The size of the frame that begins here, as far as it can be told. Its sum is checked before it is believed. */
  private frameBytes(held: Buffer, from: number): number {
    if (held.length - from < PRELUDE_BYTES) return PRELUDE_BYTES;
    const size = held.readUInt32BE(from);
    const sum = crc32(held.subarray(from, from + SUMMED_PRELUDE_BYTES));
    if (sum !== held.readUInt32BE(from + SUMMED_PRELUDE_BYTES)) throw new SseError('the stream holds no frames');
    if (size < LEAST_FRAME_BYTES || size > this.maxFrameBytes)
      throw new SseError('a frame of the stream has no fit size');
    return size;
  }

  private decode(frame: Buffer): Message {
    try {
      return this.codec.decode(frame);
    } catch (cause) {
      throw new SseError('a frame of the stream is damaged', { cause });
    }
  }
}

function toEvent({ headers, body }: Message): SseEvent {
  const header = (name: string): string => String(headers[name]?.value ?? '');
  const text = decodeUtf8(body);
  switch (header(':message-type')) {
    case 'event':
      return { event: header(':event-type'), data: text };
    case 'exception':
      return exceptionEvent(header(':exception-type'), readMessage(text));
    // What the service's model does not foresee comes in headers alone.
    case 'error':
      return exceptionEvent(header(':error-code'), header(':error-message'));
    default:
      throw new SseError('a frame of the stream does not tell its type');
  }
}

function exceptionEvent(type: string, message: string): SseEvent {
  return { event: EXCEPTION_EVENT, data: JSON.stringify({ type, message }) };
}

function readMessage(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? textOr(body['message'] ?? body['Message'], text) : text;
  } catch {
    return text;
  }
}

function decodeUtf8(bytes: Uint8Array | string): string {
  if (typeof bytes === 'string') return bytes;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SseError('a frame of the stream is no UTF-8', { cause });
  }
}
