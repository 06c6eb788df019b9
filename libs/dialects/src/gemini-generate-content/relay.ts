import type { ChatUsage } from '@parley/contracts';
import type { AnswerContext, StreamDecoder } from '../dialect.ts';
import { SseBlocks } from '../sse-blocks.ts';
import { SseReader, type SseEvent } from '../sse.ts';
import { noteChunk, readEvents, withPartial, type StreamFacts, type StreamTransform } from '../stream-transform.ts';
import type { AnswerFrames } from './door-frames.ts';
import { openStreamDecoder } from './stream.ts';

/** An event may hold a picture. */
const MAX_EVENT_BYTES = 32 * 1024 * 1024;
const BLANK_LINE = '\r\n\r\n';

/**
 * Gemini's stream towards a Gemini client. Every event is read, for usage and failures, and goes on as the bytes that it
 * is; only whole events do, so that an error can follow wherever the stream breaks off. Clients that want an array get the
 * JSON text of each event as one of its elements.
 */
export class GeminiRelay implements StreamTransform {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  private readonly blocks = new SseBlocks(MAX_EVENT_BYTES);
  private readonly reader = new SseReader(MAX_EVENT_BYTES);
  private readonly decoder: StreamDecoder;

  constructor(
    context: AnswerContext,
    private readonly frames: AnswerFrames,
  ) {
    this.decoder = openStreamDecoder(context);
  }

  push(bytes: Buffer): Buffer | null {
    const passed: Buffer[] = [];
    try {
      const blocks: Buffer[] = [];
      readEvents(() => (blocks.push(...this.blocks.push(bytes)), []));
      for (const block of blocks) passed.push(this.relay(block, () => this.reader.push(block)));
    } catch (error) {
      throw withPartial(error, join(passed));
    }
    return join(passed);
  }

  end(_estimateUsage: () => ChatUsage): Buffer | null {
    const rest = this.blocks.end();
    const last = this.relay(rest, () => [...this.reader.push(rest), ...this.reader.end()]);
    for (const chunk of this.decoder.end()) noteChunk(this.facts, chunk);
    this.facts.done = true;
    const end = this.frames.form === 'events' && rest.length > 0 ? BLANK_LINE : this.frames.end();
    return join([last, Buffer.from(end)]);
  }

  /** Throws before anything of a block is passed on that tells of a failure: clients hear of it from us. */
  private relay(block: Buffer, read: () => SseEvent[]): Buffer {
    const events = readEvents(read);
    for (const event of events) for (const chunk of this.decoder.push(event)) noteChunk(this.facts, chunk);
    if (this.frames.form === 'events') return block;
    return Buffer.from(events.map(({ data }) => this.frames.write(data)).join(''));
  }
}

function join(parts: readonly Buffer[]): Buffer | null {
  const [first, ...others] = parts.filter(({ length }) => length > 0);
  if (first === undefined) return null;
  return others.length === 0 ? first : Buffer.concat([first, ...others]);
}
