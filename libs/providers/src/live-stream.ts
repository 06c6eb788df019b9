import { isUtf8 } from 'node:buffer';
import type { ChatUsage } from '@parley/contracts';
import { UpstreamFailureError, type HeaderMap, type StreamFacts, type StreamTransform } from '@parley/dialects';
import type { EstimateUsage } from './answer.ts';
import { Exchange, type ExchangeListener } from './http/exchange.ts';
import { transportFailure } from './http/transport-failure.ts';

/** Where a stream goes once it has begun. */
export type StreamSink = {
  /** False: the client reads too slowly; call `resume()` on the stream when it has caught up. */
  write(bytes: Buffer): boolean;
  end(): void;
  /** The stream broke off: an `UpstreamFailureError`, or the reason of the caller's signal. */
  fail(error: unknown): void;
};

/** How a stream starts: tells when its answer began, or why it did not. */
type Beginning = { begun(stream: LiveStream): void; failed(error: unknown): void };

/** What a provider answered instead of a stream. */
export type BodyReader = (status: number, headers: HeaderMap, body: Buffer) => StreamTransform;

/** Types of bodies that are no streams; `application/x-ndjson` is one. */
const WHOLE = /(?<!nd)json|html/;
const ERROR_BODY_BYTES = 256 * 1024;
const WHOLE_BODY_BYTES = 64 * 1024 * 1024;
/** After a complete answer the connection may end by itself, so that it can be used again. */
const LINGER_MS = 1000;

/**
 * One upstream stream. Holds what comes until something of the answer itself has come: before that a failure can be
 * retried unseen, after it never. Then pours into the sink, at the sink's pace.
 */
export class LiveStream implements ExchangeListener {
  readonly exchange: Exchange;
  /** Moment of the first content, on `performance.now()`'s clock. */
  begunAtMs: number | undefined;
  private incoming: Buffer[] = [];
  private held: Buffer[] = [];
  private sink: StreamSink | undefined;
  private ending: { error?: unknown } | undefined;
  private beginning: Beginning | undefined;
  private head: { status: number; headers: HeaderMap } | undefined;

  constructor(
    private transform: StreamTransform,
    private readonly estimateUsage: EstimateUsage,
    private readBody: BodyReader | undefined,
    private readonly signal: AbortSignal,
    beginning: Beginning,
    /** Takes out of a failure what must not be told. */
    private readonly tell: (error: unknown) => unknown,
  ) {
    this.beginning = beginning;
    this.exchange = new Exchange(this, signal);
  }

  get facts(): StreamFacts {
    return this.transform.facts;
  }

  /** Pours what was held and all that follows. Called once. */
  pipe(sink: StreamSink): void {
    this.sink = sink;
    const { held } = this;
    this.held = [];
    if (held.length > 0 && !sink.write(held.length === 1 ? held[0]! : Buffer.concat(held))) this.exchange.pause();
    if (this.ending) this.tellEnd();
  }

  /** See `StreamTransform.fail`. */
  failure(body: unknown, usage: ChatUsage): string | undefined {
    return this.transform.fail?.(body, usage);
  }

  resume(): void {
    this.exchange.resume();
  }

  onHead(status: number, headers: HeaderMap): { collectUpTo: number } | 'stream' {
    if (status === 200 && !WHOLE.test(String(headers['content-type'] ?? '')) && isPlain(headers)) {
      // It holds the request, which an open stream no longer needs.
      this.readBody = undefined;
      return 'stream';
    }
    this.head = { status, headers };
    return { collectUpTo: status === 200 ? WHOLE_BODY_BYTES : ERROR_BODY_BYTES };
  }

  /** One network read can bring many pieces: they are handled together, once the read is through. */
  onData(bytes: Buffer): void {
    if (this.ending) return;
    this.incoming.push(bytes);
    if (this.incoming.length === 1) process.nextTick(this.handleIncoming);
  }

  onEnd(): void {
    this.handleIncoming();
    if (!this.ending) this.complete();
  }

  /** No stream came: an error answer, or a provider that answered whole although it was asked to stream. */
  onBody(body: Buffer): void {
    try {
      this.transform = this.readBody!(this.head!.status, this.head!.headers, body);
      this.complete();
    } catch (error) {
      this.breakOff(error);
    }
  }

  onError(error: unknown): void {
    this.handleIncoming();
    if (this.ending) return;
    const failure = transportFailure(error, this.signal);
    const cut =
      this.facts.begun && failure instanceof UpstreamFailureError && failure.failure.code === 'provider_unreachable';
    this.breakOff(cut ? new UpstreamFailureError({ ...failure.failure, code: 'upstream_incomplete' }) : failure);
  }

  private readonly handleIncoming = (): void => {
    const { incoming } = this;
    if (incoming.length === 0 || this.ending) return;
    this.incoming = [];
    try {
      this.emit(this.transform.push(incoming.length === 1 ? incoming[0]! : Buffer.concat(incoming)));
      if (this.facts.done) this.complete();
    } catch (error) {
      this.breakOff(error);
    }
  };

  private emit(bytes: Buffer | null): void {
    if (bytes) {
      if (!this.sink) this.held.push(bytes);
      else if (!this.sink.write(bytes)) this.exchange.pause();
    }
    if (this.beginning && this.facts.begun) this.begin();
  }

  private begin(): void {
    const { beginning } = this;
    this.beginning = undefined;
    this.begunAtMs = performance.now();
    beginning?.begun(this);
  }

  private complete(): void {
    try {
      const rest = this.transform.end(() => this.estimateUsage(this.facts.outputChars));
      this.ending = {};
      this.emit(rest);
      if (this.beginning) this.begin();
      this.exchange.letEnd(LINGER_MS);
      this.tellEnd();
    } catch (error) {
      this.breakOff(error);
    }
  }

  private breakOff(error: unknown): void {
    if (this.ending) return;
    // If the answer began in the same read, the client gets what there was of it; otherwise the attempt can be repeated.
    if (error instanceof UpstreamFailureError) this.emit(error.partial);
    this.ending = { error };
    this.exchange.abort(new Error('the stream was broken off'));
    const { beginning } = this;
    this.beginning = undefined;
    if (beginning) beginning.failed(error);
    else this.tellEnd();
  }

  private tellEnd(): void {
    const { sink, ending } = this;
    if (!sink || !ending) return;
    if (ending.error === undefined) sink.end();
    else sink.fail(this.tell(ending.error));
  }
}

const isPlain = ({ 'content-encoding': encoding }: HeaderMap): boolean =>
  encoding === undefined || encoding === 'identity';

/** The JSON of a body, its text where it is none, undefined where it is empty. */
export function readJsonOrText(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const text = body.toString();
  try {
    return isUtf8(body) ? (JSON.parse(text) as unknown) : text;
  } catch {
    return text;
  }
}
