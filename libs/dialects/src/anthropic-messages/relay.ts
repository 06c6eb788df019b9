import type { ChatUsage } from '@parley/contracts';
import type { AnswerContext, Loss, StreamDecoder, Target } from '../dialect.ts';
import type { EditedRequest, SourceRequest } from '../door.ts';
import { EventRelay, type EventWatcher, type RelayFormat } from '../event-relay.ts';
import { EventTemplates } from '../event-template.ts';
import { editMembers } from '../json-members.ts';
import type { SseEvent } from '../sse.ts';
import { noteChunk, type StreamFacts, type StreamTransform } from '../stream-transform.ts';
import { isClaudes, isPacked } from './door-reasoning.ts';
import { objectsIn, type JsonObject } from '../json-values.ts';
import { openStreamDecoder } from './stream.ts';

/** Fields that speak to the gateway and not to a provider. */
const GATEWAY_FIELDS = ['models', 'provider'] as const;

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
    if (!details && !thought) return false;
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

const EVENTS: RelayFormat = {
  templates: new EventTemplates({ text: ['text', 'thinking', 'partial_json'] }),
  keepsPassed: false,
  maxEventBytes: 4 * 1024 * 1024,
};

/**
 * A stream of Anthropic's towards a client of this door: its very bytes, event by event, and beside them what they say. An
 * event that tells a failure does not go on; nor does what follows the end.
 */
export class MessagesRelay implements StreamTransform, EventWatcher {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  readonly keepsComments = true;
  private readonly events = new EventRelay(this, EVENTS);
  private readonly decoder: StreamDecoder;
  private hasGrown = false;

  constructor(context: AnswerContext) {
    this.decoder = openStreamDecoder(context);
  }

  get isDone(): boolean {
    return this.facts.done;
  }

  push(bytes: Buffer): Buffer | null {
    return this.events.push(bytes);
  }

  end(_estimateUsage: () => ChatUsage): Buffer | null {
    const rest = this.events.end();
    // Throws where the message is not complete.
    this.decoder.end();
    return rest;
  }

  watch(event: SseEvent): undefined {
    const chunks = this.decoder.push(event);
    for (const chunk of chunks) noteChunk(this.facts, chunk);
    this.facts.done = this.decoder.done ?? false;
    this.hasGrown = event.event === 'content_block_delta' && chunks.length > 0;
  }

  /** One more delta of the same block only makes it longer; what the decoder would keep of it is for the hub. */
  isRepeatable(): boolean {
    return this.hasGrown;
  }

  notePassed(chars: number): void {
    this.facts.outputChars += chars;
  }
}
