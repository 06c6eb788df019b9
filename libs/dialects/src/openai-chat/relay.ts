import { isUtf8 } from 'node:buffer';
import type { ChatCompletionChunk, ChatUsage } from '@parley/contracts';
import type { AnswerContext } from '../dialect.ts';
import { SseReader, type SseEvent } from '../sse.ts';
import {
  badAnswer,
  noteChunk,
  readEvents,
  withPartial,
  type StreamFacts,
  type StreamTransform,
} from '../stream-transform.ts';
import { deriveTemplate, matchTemplate, type ChunkTemplate } from './chunk-template.ts';
import { StreamNormaliser } from './stream-normaliser.ts';
import { assertComplete, parseEvent } from './stream.ts';

const DATA = 'data: ';
const BLOCK_END = '\n\n';
/** The first byte of a byte order mark; no event starts with it. */
const UTF8_BOM = 0xef;
const DONE_BLOCK = 'data: [DONE]\n\n';
const MAX_PENDING_BYTES = 4 * 1024 * 1024;

type RelayOptions = { includeUsage: boolean };

/**
 * A compatible provider's stream towards a chat client. Events that are right already go on as the bytes they are; most
 * of them are recognised by comparison with the one before (`chunk-template.ts`) and never parsed. The others are
 * parsed, mended where needed and written anew. Streams with CR line ends, comments or the like are read by `SseReader`.
 */
export class ChatRelay implements StreamTransform {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  private readonly normaliser: StreamNormaliser;
  private pending: Buffer | undefined;
  private template: ChunkTemplate | undefined;
  /** Set once the stream shows a form that the fast path does not read. */
  private reader: SseReader | undefined;

  constructor(
    context: Pick<AnswerContext, 'fallbackId' | 'created' | 'target'>,
    private readonly options: RelayOptions,
  ) {
    this.normaliser = new StreamNormaliser(context);
  }

  push(incoming: Buffer): Buffer | null {
    if (this.facts.done) return null;
    if (this.reader) return this.pushTolerant(incoming);
    const bytes = this.pending ? Buffer.concat([this.pending, incoming]) : incoming;
    this.pending = undefined;
    // One character per byte: positions in the text are positions in the bytes.
    const text = bytes.toString('latin1');
    if (!this.facts.begun && !looksPlain(text)) return this.switchToTolerant(bytes);
    return this.relay(bytes, text);
  }

  end(estimateUsage: () => ChatUsage): Buffer | null {
    let text = '';
    if (!this.facts.done) {
      if (this.pending) this.reader = new SseReader();
      if (this.reader) {
        const rest = this.pending ? readEvents(() => this.reader!.push(this.pending!)) : [];
        for (const event of [...rest, ...readEvents(() => this.reader!.end())]) text += this.readEvent(event);
      }
    }
    assertComplete(this.normaliser, this.facts.done);
    this.facts.done = true;
    const owed = this.normaliser.finishOpenChoices();
    if (owed) text += write(owed);
    if (this.options.includeUsage) text += write(this.normaliser.usageChunk(this.facts.usage ?? estimateUsage()));
    return Buffer.from(text + DONE_BLOCK);
  }

  private relay(bytes: Buffer, text: string): Buffer | null {
    const parts: Buffer[] = [];
    /** What lies between these two goes on as it is. */
    let kept = 0;
    let at = 0;
    const keep = (): void => {
      if (at > kept) parts.push(checkedSlice(bytes, kept, at));
      kept = at;
    };
    try {
      while (at < text.length && !this.facts.done) {
        const end = this.template ? this.matchNext(text, at) : -1;
        if (end > 0) {
          at = end;
          continue;
        }
        const close = text.indexOf(BLOCK_END, at);
        if (close < 0) break;
        const replacement = this.readBlock(bytes, text, at, close);
        if (replacement !== undefined) {
          keep();
          if (replacement !== '') parts.push(Buffer.from(replacement));
          kept = close + BLOCK_END.length;
        }
        at = close + BLOCK_END.length;
      }
      keep();
      if (at < bytes.length && !this.facts.done) this.keepPending(bytes.subarray(at));
    } catch (error) {
      if (at > kept && isUtf8(bytes.subarray(kept, at))) parts.push(bytes.subarray(kept, at));
      throw withPartial(error, join(parts));
    }
    return join(parts);
  }

  private matchNext(text: string, at: number): number {
    const end = matchTemplate(this.template!, text, at);
    if (end > 0) this.facts.outputChars += end - at - this.template!.fixedChars;
    return end;
  }

  /** Undefined: the block is right as it is. Otherwise what stands in its place. */
  private readBlock(bytes: Buffer, text: string, start: number, close: number): string | undefined {
    const newline = text.indexOf('\n', start);
    const plain = newline === close && text.startsWith(DATA, start) && !text.startsWith('[', start + DATA.length);
    // JSON takes a CR for white space, server-sent events take it for the end of a line.
    if (!plain || text.slice(start, close).includes('\r'))
      return this.readOddBlock(bytes.subarray(start, close + BLOCK_END.length));
    const block = bytes.subarray(start + DATA.length, close);
    if (!isUtf8(block)) throw badAnswer('an event is no UTF-8');
    const data = block.toString();
    const accepted = this.accept({ data });
    if (!accepted) return '';
    if (accepted.changed) return write(accepted.chunk);
    this.template = deriveTemplate(text.slice(start, close + BLOCK_END.length), accepted.chunk) ?? this.template;
    return undefined;
  }

  private readOddBlock(block: Buffer): string {
    const reader = new SseReader();
    let text = '';
    for (const event of readEvents(() => reader.push(block))) text += this.readEvent(event);
    return text;
  }

  private readEvent(event: SseEvent): string {
    if (this.facts.done) return '';
    if (event.data === '[DONE]') {
      this.facts.done = true;
      return '';
    }
    const accepted = this.accept(event);
    return accepted ? write(accepted.chunk) : '';
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

  private switchToTolerant(bytes: Buffer): Buffer | null {
    this.reader = new SseReader();
    return this.pushTolerant(bytes);
  }

  private pushTolerant(bytes: Buffer): Buffer | null {
    let text = '';
    try {
      for (const event of readEvents(() => this.reader!.push(bytes))) text += this.readEvent(event);
    } catch (error) {
      throw withPartial(error, text === '' ? null : Buffer.from(text));
    }
    return text === '' ? null : Buffer.from(text);
  }

  private keepPending(rest: Buffer): void {
    if (rest.length > MAX_PENDING_BYTES) throw badAnswer('an event is too large');
    // A copy: a slice would keep the whole network buffer alive while the stream is idle.
    this.pending = Buffer.from(rest);
  }
}

function join(parts: Buffer[]): Buffer | null {
  if (parts.length === 0) return null;
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/** Bytes that are not ours must be text before they go on. */
function checkedSlice(bytes: Buffer, start: number, end: number): Buffer {
  const slice = bytes.subarray(start, end);
  if (!isUtf8(slice)) throw badAnswer('an event is no UTF-8');
  return slice;
}

/** Line ends other than LF, and a byte order mark, are read by the tolerant reader. */
const looksPlain = (text: string): boolean => !text.includes('\r') && text.charCodeAt(0) !== UTF8_BOM;

const write = (chunk: ChatCompletionChunk): string => `data: ${JSON.stringify(chunk)}\n\n`;
