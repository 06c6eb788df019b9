import { isUtf8 } from 'node:buffer';
import type { EventTemplate, EventTemplates } from './event-template.ts';
import { readBlock, type SseEvent } from './sse.ts';
import { badAnswer, withPartial } from './stream-transform.ts';

/** What a format makes of the events of a relayed stream. */
export type EventWatcher = {
  /** Reads one event. Undefined: its bytes go on as they are. Otherwise what goes on in their place. */
  watch(event: SseEvent, block: Buffer): string | undefined;
  /** Whether an event that differs from the last one only in varying members says nothing but its text. */
  isRepeatable(): boolean;
  /** So many characters of text went on unread. */
  notePassed(chars: number): void;
  /** The answer is complete: what still comes is ignored. */
  readonly isDone: boolean;
  /** Whether comments and other blocks that hold no event go on. */
  readonly keepsComments: boolean;
};

/** What is the same for all streams of a format. */
export type RelayFormat = {
  templates: EventTemplates;
  /** Whether the last event that went on unread is kept, since something in it counts. */
  keepsPassed: boolean;
  /** No honest event is larger. */
  maxEventBytes: number;
};

const BYTE_ORDER_MARK = /^\ufeff/;
const CR = 0x0d;
const NOTHING = Buffer.alloc(0);
/** The end of an event. What a CR LF leaves behind a CR begins the next block, where it means nothing. */
const BLANK_LINE = /\r\n\r\n|\n\r?\n|\r\r/g;

/**
 * Passes on the events of a stream as the bytes that they are, cut anywhere as they may come. Each is shown to a watcher,
 * but for those that are recognised as one more of the same kind by comparison (`event-template.ts`): most of a stream,
 * which costs no parsing. Only whole events go on, so that a failure can be told wherever the stream breaks off.
 */
export class EventRelay {
  private template: EventTemplate | undefined;
  private pending: Buffer | undefined;
  private hasBegun = false;
  private lineEnd = '\n';
  /** The last event that went on unread; kept only where something in it counts. */
  private passed: Buffer | undefined;

  constructor(
    private readonly watcher: EventWatcher,
    private readonly format: RelayFormat,
  ) {}

  /** What can go on now, or null. Throws what the watcher throws, with what stood before it as `partial`. */
  push(incoming: Buffer): Buffer | null {
    if (this.watcher.isDone) return null;
    const bytes = this.pending ? Buffer.concat([this.pending, incoming]) : incoming;
    this.pending = undefined;
    // One character per byte: positions in the text are positions in the bytes.
    const text = bytes.toString('latin1');
    const replaced: Buffer[] = [];
    /** What lies between these two goes on as it is. */
    let kept = 0;
    let at = 0;
    try {
      while (!this.watcher.isDone) {
        if (this.template) at = this.passAlike(this.template, bytes, text, at);
        const end = at < text.length ? blankLineEnd(text, at) : 0;
        if (end === 0) break;
        const replacement = this.readWhole(bytes.subarray(at, end));
        if (replacement) {
          if (at > kept) replaced.push(checkedSlice(bytes, kept, at));
          replaced.push(replacement);
          kept = end;
        }
        at = end;
      }
    } catch (error) {
      throw withPartial(error, join(replaced, isUtf8(bytes.subarray(kept, at)) ? bytes.subarray(kept, at) : NOTHING));
    }
    if (at < bytes.length && !this.watcher.isDone) this.keepPending(bytes.subarray(at));
    return join(replaced, checkedSlice(bytes, kept, at));
  }

  /** The connection ended: an event that lacks its blank line counts, and gets one. */
  end(): Buffer | null {
    const { pending } = this;
    this.pending = undefined;
    if (!pending || this.watcher.isDone) return null;
    const block = Buffer.concat([pending, Buffer.from(this.lineEnd + this.lineEnd)]);
    return this.read(block) ?? block;
  }

  /** For formats that count in every event: the last one, if it went on unread and was not asked for yet. */
  takePassed(): SseEvent | undefined {
    const { passed } = this;
    this.passed = undefined;
    return passed && readBlock(passed.toString());
  }

  /** Where the run of events ends that need no reading. */
  private passAlike(template: EventTemplate, bytes: Buffer, text: string, start: number): number {
    const { templates, keepsPassed } = this.format;
    let at = start;
    let last = start;
    let chars = 0;
    for (let end = templates.match(template, text, at); end > 0; end = templates.match(template, text, at)) {
      last = at;
      at = end;
      chars += templates.matchedChars;
    }
    if (at === start) return start;
    this.watcher.notePassed(chars);
    if (keepsPassed) this.passed = Buffer.from(bytes.subarray(last, at));
    return at;
  }

  private readWhole(block: Buffer): Buffer | undefined {
    this.lineEnd = block.at(-2) === CR ? '\r\n' : '\n';
    const replacement = this.read(block);
    if (replacement === undefined && this.watcher.isRepeatable()) {
      this.template = this.format.templates.derive(block.toString('latin1')) ?? this.template;
    }
    return replacement;
  }

  private read(block: Buffer): Buffer | undefined {
    if (!isUtf8(block)) throw badAnswer('an event is no UTF-8');
    const text = block.toString();
    const event = readBlock(this.hasBegun ? text : text.replace(BYTE_ORDER_MARK, ''));
    this.hasBegun = true;
    if (!event) return this.watcher.keepsComments ? undefined : Buffer.alloc(0);
    const replacement = this.watcher.watch(event, block);
    // Not before: one that ends the stream leaves it to tell what stood before it.
    this.passed = undefined;
    return replacement === undefined ? undefined : Buffer.from(replacement);
  }

  private keepPending(rest: Buffer): void {
    if (rest.length > this.format.maxEventBytes) throw badAnswer('an event is too large');
    // A copy: a slice would keep the whole network buffer alive while the stream is idle.
    this.pending = Buffer.from(rest);
  }
}

function blankLineEnd(text: string, start: number): number {
  BLANK_LINE.lastIndex = start;
  return BLANK_LINE.test(text) ? BLANK_LINE.lastIndex : 0;
}

/** Bytes that are not ours must be text before they go on. */
function checkedSlice(bytes: Buffer, start: number, end: number): Buffer {
  const slice = end - start === bytes.length ? bytes : bytes.subarray(start, end);
  if (!isUtf8(slice)) throw badAnswer('an event is no UTF-8');
  return slice;
}

/** One piece stays what it is, without a copy. */
function join(parts: Buffer[], last: Buffer): Buffer | null {
  const pieces = [...parts, last].filter((piece) => piece.length > 0);
  if (pieces.length <= 1) return pieces[0] ?? null;
  return Buffer.concat(pieces);
}
