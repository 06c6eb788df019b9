/** The least HTTP/1.1 that the load needs: answers with a length or in chunks, on a connection that stays open. */

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
/** @type {Buffer} */
const EMPTY = Buffer.alloc(0);

/**
 * @typedef {{ status: number, count: number, ending: string }} ReadAnswer status, occurrences of the marker, last bytes
 */

/** Reads the answers of one connection, however their bytes are cut. */
export class AnswerReader {
  #marker;
  #onAnswer;
  #onMarker;
  /** Bytes of a line that is not whole yet. */
  #rest = EMPTY;
  /** @type {'head' | 'body' | 'size' | 'chunk' | 'chunk-end' | 'trailer'} */
  #state = 'head';
  #left = 0;
  #status = 0;
  #count = 0;
  /** The body's last bytes: too few to hold the marker, enough to begin it. */
  #tail = EMPTY;

  /**
   * @param {string} marker counted in the body
   * @param {(answer: ReadAnswer) => void} onAnswer
   * @param {() => void} [onMarker] after every piece of body that brought one
   */
  constructor(marker, onAnswer, onMarker = () => {}) {
    this.#marker = Buffer.from(marker);
    this.#onAnswer = onAnswer;
    this.#onMarker = onMarker;
  }

  /** @param {Buffer} bytes as they came from the socket */
  read(bytes) {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = EMPTY;
    while (data.length > 0) {
      const taken = this.#step(data);
      if (taken === 0) {
        this.#rest = data;
        return;
      }
      data = data.subarray(taken);
    }
  }

  /**
   * @param {Buffer} data
   * @returns {number} how many bytes are dealt with; 0: more are needed
   */
  #step(data) {
    switch (this.#state) {
      case 'head':
        return this.#readHead(data);
      case 'size':
        return this.#readSize(data);
      case 'body':
      case 'chunk':
        return this.#readBody(data);
      default:
        return this.#readLineEnd(data);
    }
  }

  /** @param {Buffer} data */
  #readHead(data) {
    const end = data.indexOf(HEAD_END);
    if (end < 0) return 0;
    const head = data.toString('latin1', 0, end).toLowerCase();
    this.#status = Number(head.slice(9, 12));
    this.#count = 0;
    this.#tail = EMPTY;
    if (head.includes('\r\ntransfer-encoding: chunked')) this.#state = 'size';
    else this.#expectBody(Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0));
    return end + HEAD_END.length;
  }

  /** @param {number} length */
  #expectBody(length) {
    this.#left = length;
    this.#state = 'body';
    if (length === 0) this.#finish();
  }

  /** @param {Buffer} data */
  #readSize(data) {
    const end = data.indexOf(LINE_END);
    if (end < 0) return 0;
    this.#left = Number.parseInt(data.toString('latin1', 0, end), 16);
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
    return end + LINE_END.length;
  }

  /** @param {Buffer} data */
  #readBody(data) {
    const piece = data.length > this.#left ? data.subarray(0, this.#left) : data;
    this.#left -= piece.length;
    this.#search(piece);
    if (this.#left === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk-end';
      else this.#finish();
    }
    return piece.length;
  }

  /** @param {Buffer} data */
  #readLineEnd(data) {
    if (data.length < LINE_END.length) return 0;
    if (this.#state === 'trailer') this.#finish();
    else this.#state = 'size';
    return LINE_END.length;
  }

  /** @param {Buffer} piece */
  #search(piece) {
    const text = this.#tail.length > 0 ? Buffer.concat([this.#tail, piece]) : piece;
    const before = this.#count;
    for (let at = text.indexOf(this.#marker); at >= 0; at = text.indexOf(this.#marker, at + this.#marker.length))
      this.#count += 1;
    this.#tail = text.subarray(Math.max(0, text.length - this.#marker.length + 1));
    if (this.#count > before) this.#onMarker();
  }

  #finish() {
    this.#state = 'head';
    this.#onAnswer({ status: this.#status, count: this.#count, ending: this.#tail.toString('latin1') });
  }
}
