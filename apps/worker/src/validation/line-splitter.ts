export type Line = {
  /** Counts from 1, blank lines included. */
  number: number;
  /** Without the line ending; null: longer than the limit. */
  bytes: Buffer | null;
};

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts a stream of bytes into lines (`\n` or `\r\n`). Holds at most one line, and nothing of a line over the limit. */
export class LineSplitter {
  readonly #maxBytes: number;
  #number = 1;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#hold(chunk.subarray(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
  }

  /** The last line, where the bytes did not end with a newline. */
  *end(): Generator<Line> {
    if (this.#heldBytes > 0) yield this.#take();
  }

  #hold(piece: Buffer): void {
    this.#heldBytes += piece.length;
    // One byte more than the limit may be the \r of \r\n.
    if (this.#heldBytes > this.#maxBytes + 1) this.#held = [];
    else if (piece.length > 0) this.#held.push(piece);
  }

  #take(): Line {
    const isWhole = this.#heldBytes <= this.#maxBytes + 1;
    const bytes = withoutCarriageReturn(Buffer.concat(this.#held));
    const line = { number: this.#number, bytes: isWhole && bytes.length <= this.#maxBytes ? bytes : null };
    this.#number += 1;
    this.#held = [];
    this.#heldBytes = 0;
    return line;
  }
}

const withoutCarriageReturn = (bytes: Buffer): Buffer =>
  bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
