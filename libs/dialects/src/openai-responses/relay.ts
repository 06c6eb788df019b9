import type { ChatUsage, ErrorBody } from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { EventRelay, type EventWatcher, type RelayFormat } from '../event-relay.ts';
import { EventTemplates } from '../event-template.ts';
import type { SseEvent } from '../sse.ts';
import { noteChunk, type StreamFacts, type StreamTransform } from '../stream-transform.ts';
import { encodeError } from './door-response.ts';
import { writeEvent } from './door-stream.ts';
import { incompleteAnswer } from './failure.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';
import { stateIn } from './response.ts';
import { editEvent, goneOnFrom } from './response-edits.ts';
import { isEnding, openStreamDecoder, parseEvent, throwIfFailed } from './stream.ts';
import { decodeUsage, encodeUsage } from './usage.ts';

const EVENTS: RelayFormat = {
  templates: new EventTemplates({ text: ['delta'], padding: ['obfuscation'], numbers: ['sequence_number'] }),
  keepsPassed: true,
  // The last event repeats the whole answer, images and files included.
  maxEventBytes: 64 * 1024 * 1024,
};

/** Names of events that neither end a response nor let it grow: what they say stands again in its end. */
const REPEATED = /^response\.(?!(?:completed|incomplete|failed)$|.*\.delta$)/;

/** The event that ends a response, as it came, and the response in it. */
type Last = { event: SseEvent; block: Buffer; response: JsonObject };

/**
 * A stream of the Responses API towards a client of the same: its bytes go on, and of its events those are read that say
 * something new to accounting. The last event waits for `end()`, so that an answer can be stored before its client hears
 * that it is complete.
 */
export class ResponsesRelay implements StreamTransform, EventWatcher {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  readonly keepsComments = true;
  private readonly events = new EventRelay(this, EVENTS);
  /** The response as it was said to begin, for a failure to refer to; or the event that said so, unread. */
  private begun: JsonObject | undefined;
  private beginning: SseEvent | undefined;
  private sequence = -1;
  private hasGrown = false;
  /** The last event that was not read, if none was read since. */
  private unread: SseEvent | undefined;
  private last: Last | undefined;

  /** `previousId`: the response that the client goes on from, which no provider was told. */
  constructor(
    private readonly context: AnswerContext,
    private readonly previousId?: string,
  ) {}

  get isDone(): boolean {
    return this.facts.done;
  }

  push(bytes: Buffer): Buffer | null {
    return this.events.push(bytes);
  }

  end(estimateUsage: () => ChatUsage): Buffer | null {
    const rest = this.events.end();
    if (!this.last) throw incompleteAnswer();
    const ending = this.writeLast(this.last, estimateUsage);
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
    if (this.isRepeated(event)) {
      this.beginning ??= event;
      this.unread = event;
      return undefined;
    }
    const { type, data } = parseEvent(event);
    throwIfFailed(type, data);
    this.unread = undefined;
    this.noteSequence(data);
    if (type.endsWith('.delta')) this.noteGrowth(data['delta']);
    const response = isObject(data['response']) ? data['response'] : undefined;
    if (response) this.noteResponse(response);
    if (isEnding(type)) {
      this.noteEnd(response ?? {}, event);
      this.last = { event, block, response: response ?? {} };
      return '';
    }
    return response && this.previousId !== undefined ? editEvent(event, goneOnFrom(this.previousId)) : undefined;
  }

  isRepeatable(): boolean {
    return this.hasGrown;
  }

  notePassed(chars: number): void {
    this.facts.outputChars += chars;
  }

  /** Where the response is to say what it goes on from, every event that may hold it has to be read. */
  private isRepeated({ event: name }: SseEvent): boolean {
    return name !== undefined && this.previousId === undefined && REPEATED.test(name);
  }

  /** Growth of any kind is the answer's beginning, tools of the provider included. */
  private noteGrowth(delta: unknown): void {
    this.hasGrown = true;
    this.facts.begun = true;
    this.facts.outputChars += textOr(delta, '').length;
  }

  private noteEnd(response: JsonObject, event: SseEvent): void {
    this.facts.usage = decodeUsage(response['usage']) ?? null;
    this.facts.state = stateIn(response);
    if (!this.facts.usage && this.facts.outputChars === 0) this.countWhole(event);
    this.facts.begun = true;
    this.facts.done = true;
  }

  /** A service that sends no deltas says the answer in its end alone. */
  private countWhole(end: SseEvent): void {
    for (const chunk of openStreamDecoder(this.context).push(end)) noteChunk(this.facts, chunk);
  }

  private noteSequence({ sequence_number: sequence }: JsonObject): void {
    this.sequence = sequenceOr(sequence, this.sequence + 1);
  }

  private noteResponse(response: JsonObject): void {
    if (this.previousId !== undefined) response['previous_response_id'] = this.previousId;
    this.begun ??= response;
  }

  private writeLast({ event, block, response }: Last, estimateUsage: () => ChatUsage): Buffer {
    const edits = new Map(this.previousId === undefined ? [] : goneOnFrom(this.previousId));
    this.facts.answer = response;
    if (!this.facts.usage) {
      const usage = encodeUsage(estimateUsage());
      this.facts.answer = { ...response, usage };
      edits.set('usage', JSON.stringify(usage));
    }
    return edits.size === 0 ? block : Buffer.from(editEvent(event, edits));
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
