import type { ChatCompletionChunk, ChatDelta, ChatUsage } from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { EventRelay, type EventWatcher, type RelayFormat } from '../event-relay.ts';
import { EventTemplates } from '../event-template.ts';
import type { SseEvent } from '../sse.ts';
import { noteChunk, type StreamFacts, type StreamTransform } from '../stream-transform.ts';
import { StreamNormaliser } from './stream-normaliser.ts';
import { assertComplete, parseEvent } from './stream.ts';

const DATA = 'data: ';
const BLOCK_END = '\n\n';
const DONE_BLOCK = 'data: [DONE]\n\n';
const EVENTS: RelayFormat = {
  // OpenAI pads its events as `obfuscation`, Mistral as `p`.
  templates: new EventTemplates({ text: ['content', 'reasoning_content', 'arguments'], padding: ['obfuscation', 'p'] }),
  keepsPassed: false,
  maxEventBytes: 4 * 1024 * 1024,
};

type RelayOptions = { includeUsage: boolean };

/**
 * A compatible provider's stream towards a chat client. Events that are right already go on as the bytes they are; the
 * others are mended and written anew, as are those in an unusual form (CR line ends, comments, several data lines).
 */
export class ChatRelay implements StreamTransform, EventWatcher {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  readonly keepsComments = false;
  private readonly events = new EventRelay(this, EVENTS);
  private readonly normaliser: StreamNormaliser;
  /** The last chunk that went on. */
  private chunk: ChatCompletionChunk | undefined;

  constructor(
    context: Pick<AnswerContext, 'fallbackId' | 'created' | 'target'>,
    private readonly options: RelayOptions,
  ) {
    this.normaliser = new StreamNormaliser(context);
  }

  get isDone(): boolean {
    return this.facts.done;
  }

  push(bytes: Buffer): Buffer | null {
    return this.events.push(bytes);
  }

  end(estimateUsage: () => ChatUsage): Buffer | null {
    const rest = this.events.end();
    assertComplete(this.normaliser, this.facts.done);
    this.facts.done = true;
    const owed = this.normaliser.finishOpenChoices();
    let text = owed ? write(owed) : '';
    if (this.options.includeUsage) text += write(this.normaliser.usageChunk(this.facts.usage ?? estimateUsage()));
    const ending = Buffer.from(text + DONE_BLOCK);
    return rest ? Buffer.concat([rest, ending]) : ending;
  }

  watch(event: SseEvent, block: Buffer): string | undefined {
    this.chunk = undefined;
    if (event.data === '[DONE]') {
      this.facts.done = true;
      return '';
    }
    const accepted = this.accept(event);
    if (!accepted) return '';
    this.chunk = accepted.chunk;
    return accepted.changed || !isPlain(block, event) ? write(accepted.chunk) : undefined;
  }

  /** One more text delta has the same id, no finish, no usage and no error. */
  isRepeatable(): boolean {
    const choices = this.chunk?.choices;
    const [choice] = choices ?? [];
    return choice !== undefined && choices?.length === 1 && choice.finish_reason === null && isTextOnly(choice.delta);
  }

  notePassed(chars: number): void {
    this.facts.outputChars += chars;
  }

  private accept(event: SseEvent): { chunk: ChatCompletionChunk; changed: boolean } | undefined {
    try {
      const accepted = this.normaliser.accept(parseEvent(event));
      if (accepted) noteChunk(this.facts, accepted.chunk);
      return accepted;
    } finally {
      this.facts.usage = this.normaliser.usage;
    }
  }
}

/** Text, a thought, or more of the arguments of one call, and nothing beside it. */
function isTextOnly(delta: ChatDelta): boolean {
  const [[name, value] = [], ...others] = Object.entries(delta).filter(([, field]) => field !== null);
  if (others.length > 0) return false;
  if (name !== 'tool_calls') return (name === 'content' || name === 'reasoning_content') && value !== '';
  const [call, ...more] = delta.tool_calls!;
  return more.length === 0 && call !== undefined && !call.id && Boolean(call.function?.arguments?.trim());
}

/** The form in which OpenAI's own clients expect an event. */
function isPlain(block: Buffer, { data }: SseEvent): boolean {
  if (block.length !== DATA.length + Buffer.byteLength(data) + BLOCK_END.length) return false;
  return block.toString('latin1', 0, DATA.length) === DATA && block.toString('latin1', block.length - 2) === BLOCK_END;
}

const write = (chunk: ChatCompletionChunk): string => `data: ${JSON.stringify(chunk)}\n\n`;
