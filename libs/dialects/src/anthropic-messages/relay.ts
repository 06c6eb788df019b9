import type { ChatUsage } from '@parley/contracts';
import type { AnswerContext, Loss, Target } from '../dialect.ts';
import type { EditedRequest, SourceRequest } from '../door.ts';
import { editMembers } from '../json-members.ts';
import { SseReader, type SseEvent } from '../sse.ts';
import {
  badAnswer,
  noteChunk,
  readEvents,
  withPartial,
  type StreamFacts,
  type StreamTransform,
} from '../stream-transform.ts';
import { isClaudes, isPacked } from './door-reasoning.ts';
import { objectsIn, type JsonObject } from '../json-values.ts';
import { openStreamDecoder } from './stream.ts';

/** Fields that speak to the gateway and not to a provider. */
const GATEWAY_FIELDS = ['models', 'provider'] as const;
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** The client's bytes under the model's upstream name, without what only this gateway understands. */
export function editRequest(source: SourceRequest, target: Target): EditedRequest {
  const losses: Loss[] = [];
  const edits = new Map<string, string | undefined>([['model', JSON.stringify(target.upstreamModel)]]);
  for (const field of GATEWAY_FIELDS) if (source.members.has(field)) edits.set(field, undefined);
  const messages = withoutForeignThinking(source);
  if (messages) {
    edits.set('messages', JSON.stringify(messages));
    losses.push({ param: 'messages', action: 'dropped', reason: "another provider's reasoning cannot be read" });
  }
  for (const [field, value] of Object.entries(target.bodyEdits ?? {})) {
    edits.set(field, value === undefined ? undefined : JSON.stringify(value));
  }
  return { bytes: editMembers(source.bytes, source.members, edits), losses };
}

/** Anthropic refuses thinking that it did not sign; undefined: there is none. */
function withoutForeignThinking({ bytes, members, request }: SourceRequest): unknown[] | undefined {
  // What came of the blocks in the hub tells it without reading the bytes again.
  const isMixed = request.messages.some(({ reasoning_details: details, reasoning_content: thought }) => {
    const signed = (details ?? []).filter(isClaudes);
    const isSigned = signed.map(({ text }) => text ?? '').join('') === (thought ?? '');
    return !isSigned || signed.length < (details ?? []).length;
  });
  const member = members.get('messages');
  if (!isMixed || !member) return undefined;
  const messages = JSON.parse(bytes.toString('utf8', member.valueStart, member.valueEnd)) as JsonObject[];
  return messages.flatMap((message) => {
    if (!Array.isArray(message['content'])) return [message];
    const content = objectsIn(message['content']).filter((block) => !isForeignThinking(block));
    return content.length > 0 ? [{ ...message, content }] : [];
  });
}

function isForeignThinking(block: JsonObject): boolean {
  if (block['type'] === 'redacted_thinking') return isPacked(block['data']);
  return block['type'] === 'thinking' && (!block['signature'] || isPacked(block['signature']));
}

/**
 * A stream of Anthropic's towards a client of this door: its very bytes, event by event, and beside them what they say. An
 * event that tells a failure does not go on; nor does what follows the end.
 */
export class MessagesRelay implements StreamTransform {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  private readonly reader = new SseReader();
  private readonly decoder;
  private pending: Buffer = Buffer.alloc(0);

  constructor(context: AnswerContext) {
    this.decoder = openStreamDecoder(context);
  }

  push(incoming: Buffer): Buffer | null {
    const bytes = this.pending.length > 0 ? Buffer.concat([this.pending, incoming]) : incoming;
    let at = 0;
    try {
      for (let end = eventEnd(bytes, at); end > 0 && !this.facts.done; end = eventEnd(bytes, at)) {
        const event = bytes.subarray(at, end);
        this.note(readEvents(() => this.reader.push(event)));
        at = end;
      }
    } catch (error) {
      throw withPartial(error, at > 0 ? bytes.subarray(0, at) : null);
    }
    this.pending = bytes.subarray(at);
    if (this.pending.length > MAX_PENDING_BYTES) throw badAnswer('an event is too large');
    return at > 0 ? bytes.subarray(0, at) : null;
  }

  end(_estimateUsage: () => ChatUsage): Buffer | null {
    const rest = this.facts.done ? undefined : this.pending;
    if (rest) this.note([...readEvents(() => this.reader.push(rest)), ...readEvents(() => this.reader.end())]);
    // Throws where the message is not complete.
    this.decoder.end();
    // Strict clients pass over an event that lacks the empty line behind it.
    return rest && rest.length > 0 ? Buffer.concat([rest, Buffer.from('\n\n')]) : null;
  }

  private note(events: readonly SseEvent[]): void {
    for (const event of events) for (const chunk of this.decoder.push(event)) noteChunk(this.facts, chunk);
    this.facts.done = this.decoder.done ?? false;
  }
}

/** The offset behind the first empty line, whatever the line ends are; 0: there is none yet. */
function eventEnd(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(LF, start); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return 0;
}
