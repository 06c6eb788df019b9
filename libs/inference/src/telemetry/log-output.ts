import type { DestinationStream } from 'pino';

const MAX_CHARS = 16_384;
const FLUSH_INTERVAL_MS = 500;

/**
 * Gathers log lines and writes them together. pino's own asynchronous destination costs three times as much per line as
 * making the line does.
 */
export class LogOutput implements DestinationStream {
  private lines: string[] = [];
  private chars = 0;

  constructor(private readonly stream: NodeJS.WritableStream) {
    setInterval(() => this.flush(), FLUSH_INTERVAL_MS).unref();
  }

  write(line: string): void {
    this.lines.push(line);
    this.chars += line.length;
    if (this.chars >= MAX_CHARS) this.flush();
  }

  flush(): void {
    if (this.lines.length === 0) return;
    this.stream.write(this.lines.join(''));
    this.lines = [];
    this.chars = 0;
  }
}
