import type { ChatCompletionChunk, ChatUsage } from '@parley/contracts';
import type { StreamEncoder, StreamFacts } from '@parley/dialects';
import type { AnswerStream, EstimateUsage, PaidCall } from './answer.ts';
import type { StreamSink } from './live-stream.ts';
import { sumUsage } from './sum-usage.ts';

/** What the streams of one answer have in common. */
type Together = {
  /** Of the client's stream: every chunk goes through it, in the order in which the client gets them. */
  encoder: StreamEncoder;
  includeUsage: boolean;
  estimateUsage: EstimateUsage;
  /** Hears of every stream that had begun, once, when the answer is over. */
  pay: (call: PaidCall) => void;
  /** Ends all calls when one has failed. */
  stop: AbortController;
};

/**
 * Several streams of one choice each as one stream of several choices: one id and time, every choice under its own index,
 * usage once, as their sum, and one end. It goes on at the client's pace, since a stream pauses as soon as what it wrote
 * is too much, and ends as soon as one of them fails.
 */
export class MergedStream implements AnswerStream {
  begunAtMs: number | undefined;
  /** Rejects when a stream breaks off that had begun, before all of them had. */
  readonly broken: Promise<never>;
  private readonly tellBroken: (error: unknown) => void;
  private readonly streams: AnswerStream[] = [];
  /** Until the client takes them. */
  private held = '';
  /** Whose id, time and model all others get. */
  private first: ChatCompletionChunk | undefined;
  private sink: StreamSink | undefined;
  private ended = 0;
  private ending: { error?: unknown } | undefined;

  constructor(
    private readonly count: number,
    private readonly together: Together,
  ) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.broken = promise;
    this.tellBroken = reject;
  }

  get facts(): StreamFacts {
    const { streams, ending } = this;
    const { answer } = this.together.encoder;
    return {
      begun: this.begunAtMs !== undefined,
      done: ending !== undefined && !('error' in ending),
      usage: this.usage(),
      outputChars: streams.reduce((sum, { facts }) => sum + facts.outputChars, 0),
      ...(answer !== undefined && { answer }),
    };
  }

  /** What one of the streams writes with, instead of the client's encoder. */
  encoderOf(index: number): StreamEncoder {
    return { encode: (chunk) => this.accept(index, chunk), finish: () => '' };
  }

  /** Takes in a stream that has begun. */
  add(stream: AnswerStream): void {
    this.streams.push(stream);
    // One that began in the moment in which another failed.
    if (this.ending) this.together.pay(this.paidCall(stream));
    stream.pipe({
      write: (bytes) => this.write(bytes),
      end: () => this.endOne(),
      fail: (error) => this.breakOff(error),
    });
  }

  /** All streams are there: from now on a failure is told in the client's stream. */
  begin(): void {
    this.begunAtMs = performance.now();
  }

  pipe(sink: StreamSink): void {
    this.sink = sink;
    const { held } = this;
    this.held = '';
    if (held !== '') sink.write(Buffer.from(held));
    if (this.ending) this.tellEnd();
  }

  resume(): void {
    for (const stream of this.streams) stream.resume();
  }

  failure(body: unknown, usage: ChatUsage): string | undefined {
    return this.together.encoder.fail?.(body, usage);
  }

  /** The answer cannot become whole any more: ends all streams, and tells why. */
  breakOff(error: unknown): void {
    if (this.ending) return;
    this.ending = { error };
    this.together.stop.abort(error);
    this.payAll();
    if (this.begunAtMs === undefined) this.tellBroken(error);
    else if (this.sink) this.tellEnd();
  }

  private accept(index: number, chunk: ChatCompletionChunk): string {
    // Usage is told once, for all of them.
    if (chunk.choices.length === 0 || this.ending) return '';
    const { id, created, model } = (this.first ??= chunk);
    const choices = chunk.choices.map((choice) => ({ ...choice, index }));
    const text = this.together.encoder.encode({ ...chunk, id, created, model, choices });
    if (this.sink) return text;
    this.held += text;
    return '';
  }

  private write(bytes: Buffer): boolean {
    if (this.ending || bytes.length === 0) return true;
    return this.sink!.write(bytes);
  }

  private endOne(): void {
    this.ended += 1;
    if (this.ended < this.count || this.ending) return;
    this.ending = {};
    this.payAll();
    if (this.sink) this.tellEnd();
  }

  private payAll(): void {
    for (const stream of this.streams) this.together.pay(this.paidCall(stream));
  }

  private tellEnd(): void {
    const { encoder, includeUsage } = this.together;
    const sink = this.sink!;
    if ('error' in this.ending!) return sink.fail(this.ending.error);
    const { first } = this;
    const usage = includeUsage && first ? encoder.encode({ ...first, choices: [], usage: this.usage() }) : '';
    sink.write(Buffer.from(usage + encoder.finish()));
    sink.end();
  }

  private usage(): ChatUsage | null {
    const [first, ...others] = this.streams.map((stream) => this.paidCall(stream).usage);
    return first ? sumUsage([first, ...others]) : null;
  }

  private paidCall({ facts }: AnswerStream): PaidCall {
    return { usage: facts.usage ?? this.together.estimateUsage(facts.outputChars), isEstimated: !facts.usage };
  }
}
