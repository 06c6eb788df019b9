import type { EventReader } from './dialect.ts';
import { SseError, type SseEvent } from './sse.ts';

const DEFAULT_MAX_LINE_CHARS = 4 * 1024 * 1024;

/**
 * Reads newline-delimited JSON, one document per line, from bytes that may be cut anywhere, inside characters and CRLF
 * pairs too. Each line that is not blank becomes an event without a name; a last line without its end counts at `end()`.
 * Source: https://github.com/ndjson/ndjson-spec
 */
export class NdjsonReader implements EventReader {
  /** Strict, and it takes the BOM away. */
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  /** Pieces of the line that still lacks its end. Joined once, so that a long line costs no more than its length. */
  private open: string[] = [];
  private openChars = 0;

  constructor(private readonly maxLineChars = DEFAULT_MAX_LINE_CHARS) {}

  push(bytes: Buffer): SseEvent[] {
    return this.read(this.decode(bytes));
  }

  end(): SseEvent[] {
    return [...this.read(this.decode()), ...this.closeLine()];
  }

  private decode(bytes?: Buffer): string {
    try {
      return bytes ? this.decoder.decode(bytes, { stream: true }) : this.decoder.decode();
    } catch (cause) {
      throw new SseError('the stream is no UTF-8', { cause });
    }
  }

  private read(text: string): SseEvent[] {
    const events: SseEvent[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.extendLine(text.slice(from, end));
      events.push(...this.closeLine());
      from = end + 1;
    }
    this.extendLine(text.slice(from));
    return events;
  }

  private extendLine(piece: string): void {
    if (piece === '') return;
    this.open.push(piece);
    this.openChars += piece.length;
    if (this.openChars > this.maxLineChars) throw new SseError('line too large');
  }

  private closeLine(): SseEvent[] {
    const line = this.open.join('').trim();
    this.open = [];
    this.openChars = 0;
    return line === '' ? [] : [{ data: line }];
  }
}
