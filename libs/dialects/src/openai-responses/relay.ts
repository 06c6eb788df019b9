import type { ChatUsage, ErrorBody } from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { EventRelay, type EventWatcher, type RelayFormat } from '../event-relay.ts';
import { EventTemplates } from '../event-template.ts';
import type { SseEvent } from '../sse.ts';
import { noteChunk, type StreamFacts, type StreamTransform } from '../stream-transform.ts';
import { encodeError } from './door-response.ts';
import { writeEvent } from './door-stream.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';
import { parseEvent, ResponseStreamDecoder } from './stream.ts';
import { encodeUsage } from './usage.ts';

const EVENTS: RelayFormat = {
  templates: new EventTemplates({ text: ['delta'], padding: ['obfuscation'], numbers: ['sequence_number'] }),
  keepsPassed: true,
  // The last event repeats the whole answer, images and files included.
  maxEventBytes: 64 * 1024 * 1024,
};

/** Tell what grew before, or what the last event tells again, so that there is nothing in them to note. */
const REPEATED: ReadonlySet<string | undefined> = new Set([
  'response.content_part.added',
  'response.output_text.done',
  'response.content_part.done',
  'response.output_item.done',
]);
/** Tell which response begins, which only a failure refers to. */
const BEGINNINGS: ReadonlySet<string | undefined> = new Set(['response.created', 'response.in_progress']);

/**
 * A stream of the Responses API towards a client of the same: its bytes go on, and the dialect's decoder reads along for
 * the facts. The last event waits for `end()`, so that an answer can be stored before its client hears that it is
 * complete.
 */
export class ResponsesRelay implements StreamTransform, EventWatcher {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  readonly keepsComments = true;
  private readonly events = new EventRelay(this, EVENTS);
  private readonly decoder: ResponseStreamDecoder;
  /** The response as it was said to begin, for a failure to refer to; or the event that said so, unread. */
  private begun: JsonObject | undefined;
  private beginning: SseEvent | undefined;
  private sequence = -1;
  private hasGrown = false;
  /** The last event that was not read, if none was read since. */
  private unread: SseEvent | undefined;
  private last: { block: Buffer; event: JsonObject } | undefined;

  /** `previousId`: the response that the client goes on from, which no provider was told. */
  constructor(
    private readonly context: AnswerContext,
    private readonly previousId?: string,
  ) {
    this.decoder = new ResponseStreamDecoder(context);
  }

  get isDone(): boolean {
    return this.facts.done;
  }

  push(bytes: Buffer): Buffer | null {
    return this.events.push(bytes);
  }

  end(estimateUsage: () => ChatUsage): Buffer | null {
    const rest = this.events.end();
    this.decoder.end();
    const ending = this.writeLast(estimateUsage);
    this.facts.done = true;
    return rest ? Buffer.concat([rest, ending]) : ending;
  }

  fail(body: unknown, usage: ChatUsage): string {
    const passed = this.events.takePassed() ?? this.unread;
    if (passed) this.noteSequence(readUnread(passed));
    const begun = this.begun ?? (this.beginning && readUnread(this.beginning)['response']);
    const response = {
      id: `resp_${this.context.fallbackId}`,
      object: 'response',
      created_at: this.context.created,
      model: this.context.target.upstreamModel,
      output: [],
      ...(isObject(begun) && begun),
      status: 'failed',
      error: encodeError(body as ErrorBody),
      usage: encodeUsage(this.facts.usage ?? usage),
    };
    // The last event, if it came, was never sent.
    return writeEvent('response.failed', this.last ? this.sequence : this.sequence + 1, { response });
  }

  watch(event: SseEvent, block: Buffer): string | undefined {
    // OpenRouter's [DONE] of chat, which comes behind the end, has no meaning here.
    if (event.data === '[DONE]') return undefined;
    this.hasGrown = false;
    if (this.hasNothingNew(event)) {
      this.unread = event;
      return undefined;
    }
    const charsBefore = this.facts.outputChars;
    const { type, data } = parseEvent(event);
    for (const chunk of this.decoder.read(type, data)) noteChunk(this.facts, chunk);
    this.unread = undefined;
    this.hasGrown = type.endsWith('.delta');
    // Growth of any kind is the answer's beginning, tools of the provider included; what is done repeats what grew.
    if (this.hasGrown) this.facts.begun = true;
    else if (charsBefore > 0) this.facts.outputChars = charsBefore;
    this.noteSequence(data);
    const edited = isObject(data['response']) ? this.editResponse(data['response'], data) : undefined;
    if (!this.decoder.done) return edited;
    this.last = { block: edited === undefined ? block : Buffer.from(edited), event: data };
    this.facts.done = true;
    return '';
  }

  private hasNothingNew(event: SseEvent): boolean {
    if (REPEATED.has(event.event)) return true;
    // Where the response is to say what it goes on from, it has to be read.
    if (this.previousId !== undefined || !BEGINNINGS.has(event.event)) return false;
    this.beginning ??= event;
    return true;
  }

  isRepeatable(): boolean {
    return this.hasGrown;
  }

  notePassed(chars: number): void {
    this.facts.outputChars += chars;
  }

  private noteSequence({ sequence_number: sequence }: JsonObject): void {
    this.sequence = sequenceOr(sequence, this.sequence + 1);
  }

  /** The event that holds a response, where something in it is to be told; few of a stream do. */
  private editResponse(response: JsonObject, event: JsonObject): string | undefined {
    if (this.previousId !== undefined) response['previous_response_id'] = this.previousId;
    this.begun ??= response;
    return this.previousId === undefined ? undefined : this.writeAgain(event);
  }

  private writeLast(estimateUsage: () => ChatUsage): Buffer {
    const { block, event } = this.last!;
    const response = isObject(event['response']) ? event['response'] : {};
    if (this.facts.usage) {
      this.facts.answer = response;
      return block;
    }
    const counted = { ...response, usage: encodeUsage(estimateUsage()) };
    this.facts.answer = counted;
    return Buffer.from(this.writeAgain({ ...event, response: counted }));
  }

  private writeAgain({ type, sequence_number: sequence, ...fields }: JsonObject): string {
    return writeEvent(textOr(type, ''), sequenceOr(sequence, this.sequence), fields);
  }
}

/** What cannot be read went on as it was, and must not keep a failure from being told. */
function readUnread(event: SseEvent): JsonObject {
  try {
    return parseEvent(event).data;
  } catch {
    return {};
  }
}

const sequenceOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);
