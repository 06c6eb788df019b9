import type { ChatUsage, ErrorBody } from '@parley/contracts';
import type { AnswerContext, StreamDecoder } from '../dialect.ts';
import { SseReader, type SseEvent } from '../sse.ts';
import {
  badAnswer,
  noteChunk,
  readEvents,
  withPartial,
  type StreamFacts,
  type StreamTransform,
} from '../stream-transform.ts';
import { BlockCutter } from './block-cutter.ts';
import { encodeError } from './door-response.ts';
import { writeEvent } from './door-stream.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';
import { openStreamDecoder } from './stream.ts';
import { encodeUsage } from './usage.ts';

/** The last event repeats the whole answer, images and files included. */
const MAX_EVENT_CHARS = 64 * 1024 * 1024;
const CR = 0x0d;

/**
 * A stream of the Responses API towards a client of the same: its bytes go on, and the dialect's decoder reads along for
 * the facts. The last event waits for `end()`, so that an answer can be stored before its client hears that it is
 * complete.
 */
export class ResponsesRelay implements StreamTransform {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  private readonly cutter = new BlockCutter(MAX_EVENT_CHARS);
  private readonly reader = new SseReader(MAX_EVENT_CHARS);
  private readonly decoder: StreamDecoder;
  /** The response as it was said to begin, for a failure to refer to. */
  private begun: JsonObject | undefined;
  private sequence = -1;
  private last: { block: Buffer; event: JsonObject } | undefined;

  constructor(private readonly context: AnswerContext) {
    this.decoder = openStreamDecoder(context);
  }

  push(bytes: Buffer): Buffer | null {
    const passed: Buffer[] = [];
    try {
      for (const block of this.cut(bytes)) this.readBlock(block, passed);
    } catch (error) {
      throw withPartial(error, join(passed));
    }
    return join(passed);
  }

  end(estimateUsage: () => ChatUsage): Buffer | null {
    const passed: Buffer[] = [];
    const rest = this.cutter.rest();
    if (rest) this.readBlock(Buffer.concat([rest, Buffer.from('\n\n')]), passed);
    this.decoder.end();
    const { block, event } = this.last!;
    const response = isObject(event['response']) ? event['response'] : {};
    if (this.facts.usage) {
      this.facts.answer = JSON.stringify(response);
      passed.push(block);
      // The LF behind it, if the network parted the two.
      if (block.at(-1) === CR && block.includes('\r\n')) passed.push(Buffer.from('\n'));
    } else {
      const counted = { ...response, usage: encodeUsage(estimateUsage()) };
      this.facts.answer = JSON.stringify(counted);
      const { type, sequence_number: sequence, ...fields } = { ...event, response: counted } as JsonObject;
      passed.push(Buffer.from(writeEvent(textOr(type, ''), sequenceOr(sequence, this.sequence), fields)));
    }
    this.facts.done = true;
    return join(passed);
  }

  fail(body: unknown, usage: ChatUsage): string {
    const response = {
      id: `resp_${this.context.fallbackId}`,
      object: 'response',
      created_at: this.context.created,
      model: this.context.target.upstreamModel,
      output: [],
      ...this.begun,
      status: 'failed',
      error: encodeError(body as ErrorBody),
      usage: encodeUsage(this.facts.usage ?? usage),
    };
    // The last event, if it came, was never sent.
    return writeEvent('response.failed', this.last ? this.sequence : this.sequence + 1, { response });
  }

  private cut(bytes: Buffer): Buffer[] {
    if (this.facts.done) return [];
    const blocks = this.cutter.push(bytes);
    if (!blocks) throw badAnswer('an event is too large');
    return blocks;
  }

  private readBlock(block: Buffer, passed: Buffer[]): void {
    // What follows the end, such as the [DONE] of chat, has no meaning here.
    if (this.facts.done) return;
    for (const event of readEvents(() => this.reader.push(block))) this.readEvent(event, block);
    if (!this.facts.done) passed.push(block);
  }

  private readEvent(event: SseEvent, block: Buffer): void {
    for (const chunk of this.decoder.push(event)) noteChunk(this.facts, chunk);
    const data = this.noteEnvelope(event);
    if (!this.decoder.done) return;
    this.last = { block, event: data };
    this.facts.done = true;
  }

  /** Reads what the decoder does not tell. Growth of any kind is the answer's beginning, tools of the provider included. */
  private noteEnvelope({ event: name, data: text }: SseEvent): JsonObject {
    if (text === '[DONE]') return {};
    const data = JSON.parse(text) as JsonObject;
    const type = textOr(data['type'], name ?? '');
    if (type.endsWith('.delta')) this.facts.begun = true;
    this.sequence = sequenceOr(data['sequence_number'], this.sequence + 1);
    if (!this.begun && isObject(data['response'])) this.begun = data['response'];
    return data;
  }
}

const sequenceOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

function join(parts: Buffer[]): Buffer | null {
  if (parts.length === 0) return null;
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
