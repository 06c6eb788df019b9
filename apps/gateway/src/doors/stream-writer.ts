import { GatewayError, type ChatUsage } from '@parley/contracts';
import type { Loss, StreamFraming } from '@parley/dialects';
import {
  codeOf,
  estimateCall,
  toGatewayError,
  type Answered,
  type ChatCall,
  type Deadline,
  type KeepAnswer,
  type ModelEntry,
  type Runtime,
} from '@parley/inference';
import type { AnswerStream, StreamSink } from '@parley/providers';
import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { answerHeaders } from './answer-headers.ts';
import { holdWrites, writeTogether } from './write-together.ts';

/** A silent stream is kept alive with what means nothing in it, so that no proxy in between gives it up. */
const KEEP_ALIVE_MS = 15_000;
const SERVER_SENT_EVENTS: StreamFraming = {
  contentType: 'text/event-stream; charset=utf-8',
  keepAlive: ': keep-alive\n\n',
};
/** A client that takes nothing for this long is gone without saying so. */
const WRITE_STALL_MS = 60_000;

/**
 * The last words of a stream that failed; `hasBegun`: something of its answer stands before them. `tellInStream` is the
 * stream's own way to say it, where one has begun.
 */
export type TellFailure = (
  error: GatewayError,
  hasBegun: boolean,
  tellInStream?: (body: unknown) => string | undefined,
) => string;

/**
 * Writes one stream to one client, at the client's pace: the upstream pauses while the client's buffer is full. Sends the
 * headers with the first content (or with the first keep-alive), and ends a stream that broke with an error event and no
 * other end.
 */
export class StreamWriter implements StreamSink {
  private readonly response: ServerResponse;
  private readonly keepAlive: NodeJS.Timeout;
  private readonly framing: StreamFraming;
  private stallTimer: NodeJS.Timeout | undefined;
  private stream: AnswerStream | undefined;
  private entry: ModelEntry | undefined;
  private quiet = true;
  private hasBegun = false;
  private settled = false;
  /** Says that the answer is complete, which is not true before it is stored. */
  private held: Buffer | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly call: ChatCall,
    private readonly deadline: Deadline,
    private readonly reply: FastifyReply,
    private readonly tellFailure: TellFailure,
  ) {
    this.response = reply.raw;
    this.framing = call.door.framing ?? SERVER_SENT_EVENTS;
    this.keepAlive = setInterval(() => this.breakSilence(), KEEP_ALIVE_MS);
  }

  pipe({ answer, entry }: Answered): void {
    if (answer.kind !== 'stream') throw new TypeError('a stream was asked for');
    this.stream = answer.stream;
    this.entry = entry;
    this.sendHeaders(entry, answer.losses);
    this.runtime.metrics.streamsActive.inc({ provider: entry.deployment.provider.id });
    answer.stream.pipe(this);
  }

  write(bytes: Buffer): boolean {
    if (this.call.keep && this.stream?.facts.answer !== undefined) {
      this.held = bytes;
      return true;
    }
    this.quiet = false;
    this.hasBegun = true;
    holdWrites(this.response);
    if (this.response.write(bytes)) return true;
    this.waitForClient();
    return false;
  }

  end(): void {
    const answer = this.stream?.facts.answer;
    if (this.call.keep && answer !== undefined) void this.keep(this.call.keep, answer);
    else this.complete();
  }

  fail(error: unknown): void {
    const { connection, target } = this.entry!.deployment;
    this.finish(toGatewayError(error, connection, target.upstreamModel), error);
  }

  /** Tells a failure in the stream if its headers were sent already. False: nothing was sent, answer in the normal way. */
  failBeforeContent(error: unknown): boolean {
    if (!this.response.headersSent) {
      clearInterval(this.keepAlive);
      return false;
    }
    this.finish(error, error);
    return true;
  }

  private async keep(keep: KeepAnswer, answer: object): Promise<void> {
    try {
      await keep(JSON.stringify(answer), this.entry!.deployment.id);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.complete();
  }

  private complete(): void {
    writeTogether({ write: () => this.response.end(this.held), book: () => this.settle(undefined) });
  }

  private finish(shown: unknown, cause: unknown): void {
    if (!this.response.destroyed) {
      const failure = shown instanceof GatewayError ? shown : new GatewayError('internal_error');
      const tellInStream = (body: unknown) => this.stream?.failure(body, this.countUsage());
      this.response.end(this.tellFailure(failure, this.hasBegun, tellInStream));
    }
    if (codeOf(cause) === 'internal_error')
      this.runtime.logger.error({ err: cause, request_id: this.call.requestId }, 'internal error');
    this.settle(cause);
  }

  private countUsage(): ChatUsage {
    const { facts } = this.stream!;
    return facts.usage ?? estimateCall(this.call, facts.outputChars);
  }

  private sendHeaders(entry: ModelEntry | undefined, losses: readonly Loss[]): void {
    if (this.response.headersSent) return;
    const headers = answerHeaders(this.runtime, this.call, entry, losses, this.reply);
    headers['content-type'] = this.framing.contentType;
    headers['cache-control'] = 'no-cache, no-transform';
    headers['x-accel-buffering'] = 'no';
    this.reply.hijack();
    this.response.writeHead(200, headers);
  }

  private breakSilence(): void {
    if (this.quiet && !this.response.writableNeedDrain && !this.response.destroyed) {
      this.sendHeaders(undefined, []);
      this.response.write(this.framing.keepAlive);
    }
    this.quiet = true;
  }

  private waitForClient(): void {
    // Several streams may write into this one, and each hears that it is too much.
    if (this.stallTimer) return;
    this.stallTimer = setTimeout(() => {
      this.deadline.abort(new GatewayError('client_closed_request'));
      this.response.destroy();
    }, WRITE_STALL_MS);
    this.response.once('drain', () => {
      clearTimeout(this.stallTimer);
      this.stallTimer = undefined;
      this.stream?.resume();
    });
  }

  private settle(error: unknown): void {
    if (this.settled) return;
    this.settled = true;
    clearInterval(this.keepAlive);
    clearTimeout(this.stallTimer);
    this.deadline.clear();
    const { call, stream, entry, runtime } = this;
    const provider = entry?.deployment.provider.id ?? 'none';
    if (stream) runtime.metrics.streamsActive.dec({ provider });
    runtime.metrics.streamEnds.inc({ provider, reason: endReason(error) });
    const facts = stream?.facts;
    runtime.settle(call, {
      ...(error !== undefined && { error }),
      status: 200,
      ...(facts && {
        usage: facts.usage,
        estimate: () => estimateCall(call, facts.outputChars),
        state: facts.state,
      }),
    });
  }
}

function endReason(error: unknown): 'complete' | 'client_disconnect' | 'upstream_error' | 'timeout' | 'drain' {
  if (error === undefined) return 'complete';
  switch (codeOf(error)) {
    case 'client_closed_request':
      return 'client_disconnect';
    case 'server_shutting_down':
      return 'drain';
    case 'deadline_exceeded':
    case 'provider_stalled':
      return 'timeout';
    default:
      return 'upstream_error';
  }
}
