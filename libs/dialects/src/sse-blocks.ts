import { SseError } from './sse.ts';

/** The end of an event. What a CR LF leaves behind here begins the next block, where it means nothing. */
const BLANK_LINE = /\n\r?\n|\r\r/g;
const LONGEST_END = '\n\r\n'.length;

/**
 * Cuts the bytes of server-sent events, split anywhere, behind the blank lines that end them, so that a relay can pass on
 * or hold back each event as the bytes that it is. What they say is `SseReader`'s to read.
 */
export class SseBlocks {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  /** The end of what is pending: a blank line may lie across the split. */
  private tail = '';

  constructor(private readonly maxBlockBytes: number) {}

  /** The blocks that are whole, each with its blank line. Throws `SseError` for one that is larger than any honest one. */
  push(bytes: Buffer): Buffer[] {
    // One character per byte: positions in the text are positions in the bytes.
    const text = this.tail + bytes.toString('latin1');
    const before = this.tail.length;
    const blocks: Buffer[] = [];
    let from = 0;
    for (const { index, 0: blank } of text.matchAll(BLANK_LINE)) {
      const end = index + blank.length - before;
      this.keep(bytes.subarray(from, end));
      blocks.push(this.end());
      from = end;
    }
    this.keep(bytes.subarray(from));
    this.tail = text.slice(from > 0 ? before + from : 0).slice(1 - LONGEST_END);
    return blocks;
  }

  /** What has no blank line behind it. */
  end(): Buffer {
    const { pending } = this;
    this.pending = [];
    this.pendingBytes = 0;
    return pending.length === 1 ? pending[0]! : Buffer.concat(pending);
  }

  private keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    if (this.pendingBytes > this.maxBlockBytes) throw new SseError('event too large');
  }
}
