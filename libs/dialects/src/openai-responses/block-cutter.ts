const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts a stream of server-sent events behind its blank lines, without a change: the blocks together are the bytes that
 * came. Lines may end in LF, CRLF or CR; where the network parts a CR from its LF, that LF begins the next block.
 */
export class BlockCutter {
  private held: Buffer[] = [];
  private heldBytes = 0;
  /** The last byte ended a line: a further line end makes a blank line. */
  private atLineStart = false;
  private afterCr = false;

  constructor(private readonly maxBlockBytes: number) {}

  /** The blocks that are complete now; undefined: one is larger than allowed. */
  push(bytes: Buffer): Buffer[] | undefined {
    const blocks: Buffer[] = [];
    let from = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      // The second byte of one line end.
      const endsCrLf = byte === LF && this.afterCr;
      this.afterCr = byte === CR;
      if (endsCrLf) continue;
      if (byte !== LF && byte !== CR) {
        this.atLineStart = false;
        continue;
      }
      if (!this.atLineStart) {
        this.atLineStart = true;
        continue;
      }
      const end = byte === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
      blocks.push(this.take(bytes.subarray(from, end)));
      from = end;
    }
    const rest = bytes.subarray(from);
    this.heldBytes += rest.length;
    if (this.heldBytes > this.maxBlockBytes) return undefined;
    // A copy: a slice would keep the whole network buffer alive while the stream is idle.
    if (rest.length > 0) this.held.push(Buffer.from(rest));
    return blocks;
  }

  /** What came behind the last blank line; undefined: nothing. */
  rest(): Buffer | undefined {
    return this.held.length > 0 ? this.take(Buffer.alloc(0)) : undefined;
  }

  private take(last: Buffer): Buffer {
    const block = this.held.length > 0 ? Buffer.concat([...this.held, last]) : last;
    this.held = [];
    this.heldBytes = 0;
    return block;
  }
}
