import type { HeaderMap } from '@parley/dialects';
import type { Dispatcher } from 'undici';

/** What an exchange tells as it goes. After `onError`, `onBody` or `onEnd` nothing more is told. */
export type ExchangeListener = {
  /** The head came: read the body as a stream of pieces, or collect it up to so many bytes. */
  onHead(status: number, headers: HeaderMap): { collectUpTo: number } | 'stream';
  onData(bytes: Buffer): void;
  /** A streamed body ended. */
  onEnd(): void;
  /** A collected body is whole. */
  onBody(bytes: Buffer): void;
  /** The transport failed, or the caller's signal gave up (then this is the signal's reason). */
  onError(error: unknown): void;
};

/** A collected body grew past what its reader takes. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** One HTTP request to a provider. Made for `dispatch`, the cheapest of undici's interfaces. */
export class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private over = false;
  private collected: Buffer[] | undefined;
  private collectedBytes = 0;
  private collectUpTo = 0;
  private linger: NodeJS.Timeout | undefined;
  private readonly giveUp = (): void => this.fail(this.signal.reason);

  constructor(
    private readonly listener: ExchangeListener,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', this.giveUp, { once: true });
  }

  pause(): void {
    this.controller?.pause();
  }

  resume(): void {
    if (!this.over) this.controller?.resume();
  }

  /** The listener has all it needs: the connection may still end by itself, to be used again. */
  letEnd(withinMs: number): void {
    if (this.over) return;
    this.resume();
    const giveUp = (): void => this.abort(new Error('the answer was complete, the connection stayed open'));
    this.linger = setTimeout(giveUp, withinMs).unref();
  }

  /** Ends the request at once and tells the listener nothing more. */
  abort(reason: Error): void {
    if (this.over) return;
    this.finish();
    this.controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.over) controller.abort(new Error('given up before the request was sent'));
    else if (this.signal.aborted) this.giveUp();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HeaderMap): void {
    if (this.over || status < 200) return;
    const how = this.listener.onHead(status, headers);
    if (how === 'stream') return;
    this.collected = [];
    this.collectUpTo = how.collectUpTo;
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.over) return;
    if (!this.collected) return this.listener.onData(bytes);
    this.collectedBytes += bytes.length;
    if (this.collectedBytes > this.collectUpTo) return this.fail(new BodyTooLargeError());
    this.collected.push(bytes);
  }

  onResponseEnd(): void {
    if (this.over) return;
    this.finish();
    const { collected } = this;
    if (!collected) this.listener.onEnd();
    else this.listener.onBody(collected.length === 1 ? collected[0]! : Buffer.concat(collected));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.over) return;
    this.finish();
    this.listener.onError(error);
  }

  /** The request cannot go on: ends it and tells the listener why. */
  fail(error: unknown): void {
    if (this.over) return;
    this.finish();
    this.controller?.abort(error instanceof Error ? error : new Error('given up'));
    this.listener.onError(error);
  }

  private finish(): void {
    this.over = true;
    clearTimeout(this.linger);
    this.signal.removeEventListener('abort', this.giveUp);
  }
}
