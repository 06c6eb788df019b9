/** One server-sent event: `event` is its name where it has one, `data` its data lines joined by newlines. */
export type SseEvent = { event?: string; data: string };

/** Raised for a stream that is no valid UTF-8 or whose single event is larger than any honest one. */
export class SseError extends Error {
  override readonly name = 'SseError';
}

const DEFAULT_MAX_EVENT_CHARS = 4 * 1024 * 1024;

/**
 * Reads server-sent events from bytes that may be cut anywhere, inside characters and CRLF pairs too.
 * Tolerant as https://html.spec.whatwg.org/multipage/server-sent-events.html asks: LF, CRLF or CR, comments, BOM,
 * several data lines, named events, unknown fields. An event without its closing blank line counts at `end()`.
 */
export class SseReader {
  /** Strict, and it takes the BOM away. */
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private rest = '';
  private data: string[] = [];
  private dataChars = 0;
  private name: string | undefined;
  /** The last character was CR: a following LF belongs to it. */
  private afterCr = false;

  constructor(private readonly maxEventChars = DEFAULT_MAX_EVENT_CHARS) {}

  push(bytes: Buffer): SseEvent[] {
    return this.read(this.decode(bytes));
  }

  /** The connection ended: gives an event that still lacks its blank line. */
  end(): SseEvent[] {
    const events = this.read(this.decode());
    if (this.rest !== '') this.line(this.rest);
    this.rest = '';
    const last = this.dispatch();
    return last ? [...events, last] : events;
  }

  private decode(bytes?: Buffer): string {
    try {
      return bytes ? this.decoder.decode(bytes, { stream: true }) : this.decoder.decode();
    } catch (cause) {
      throw new SseError('the stream is no UTF-8', { cause });
    }
  }

  private read(decoded: string): SseEvent[] {
    const text = this.rest + decoded;
    const events: SseEvent[] = [];
    let from = 0;
    // Looked for once where there is none: nearly all streams end their lines with LF alone.
    let cr = text.indexOf('\r');
    for (;;) {
      if (this.afterCr && from < text.length) {
        if (text.charCodeAt(from) === 10) from += 1;
        this.afterCr = false;
      }
      if (cr >= 0 && cr < from) cr = text.indexOf('\r', from);
      const lf = text.indexOf('\n', from);
      const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
      if (end < 0) break;
      const event = end === from ? this.dispatch() : this.line(text.slice(from, end));
      if (event) events.push(event);
      this.afterCr = text.charCodeAt(end) === 13;
      from = end + 1;
    }
    this.rest = text.slice(from);
    if (this.rest.length + this.dataChars > this.maxEventChars) throw new SseError('event too large');
    return events;
  }

  private line(line: string): undefined {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const start = line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1;
    const value = colon < 0 ? '' : line.slice(start);
    if (field === 'data') {
      this.data.push(value);
      this.dataChars += value.length;
    } else if (field === 'event') this.name = value;
  }

  private dispatch(): SseEvent | undefined {
    const { data, name } = this;
    this.name = undefined;
    if (data.length === 0) return undefined;
    this.data = [];
    this.dataChars = 0;
    const joined = data.length === 1 ? data[0]! : data.join('\n');
    return name === undefined ? { data: joined } : { event: name, data: joined };
  }
}

const LINE_END = /\r\n|\n|\r/;

/**
 * Reads the one event of a whole block, blank line included, as `SseReader` would; undefined: it holds none. For those who
 * cut a stream into its blocks themselves.
 */
export function readBlock(text: string): SseEvent | undefined {
  let name: string | undefined;
  let data: string | undefined;
  for (const line of text.split(LINE_END)) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    if (field !== 'data' && field !== 'event') continue;
    const value = colon < 0 ? '' : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
    if (field === 'event') name = value;
    else data = data === undefined ? value : `${data}\n${value}`;
  }
  if (data === undefined) return undefined;
  return name === undefined ? { data } : { event: name, data };
}
