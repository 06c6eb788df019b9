import type { ChatCompletionChunk, ChatUsage } from '@parley/contracts';
import { UpstreamFailureError, type EventReader, type StreamDecoder } from './dialect.ts';
import { opaqueState } from './reasoning-state.ts';
import { SseError, SseReader, type SseEvent } from './sse.ts';

/** What accounting and resilience need to know of a stream while it runs. */
export type StreamFacts = {
  /** Something of the answer itself has come: text, reasoning, a tool call or the finish. */
  begun: boolean;
  /** The answer is complete; what still comes is to be ignored. */
  done: boolean;
  /** The provider's last word on usage. */
  usage: ChatUsage | null;
  /** Characters of text, reasoning and tool arguments so far: for estimates where the provider counts nothing. */
  outputChars: number;
  /** The last piece of opaque reasoning state that came. */
  state?: string | undefined;
  /**
   * For doors whose answers can be stored: the whole answer as the client sees it, for JSON. Set by `end()`, and what that
   * gives tells the client that the answer is complete.
   */
  answer?: object | undefined;
};

/**
 * Turns the bytes of an upstream stream into the bytes of the client's. One object per stream; pure, so it can be tested
 * with any split of the bytes. Throws `UpstreamFailureError` where the stream says or shows that it failed.
 */
export type StreamTransform = {
  readonly facts: StreamFacts;
  /** Gives what can be sent on now, or null. */
  push(bytes: Buffer): Buffer | null;
  /** The upstream ended (or is done): gives the rest, with usage counted by `estimateUsage` if the provider gave none. */
  end(estimateUsage: () => ChatUsage): Buffer | null;
  /** The event that ends a stream which failed, where the format ties it to what came before. `body`: the error answer. */
  fail?(body: unknown, usage: ChatUsage): string | undefined;
};

/** Writes hub chunks in the format of one door. */
export type StreamEncoder = {
  encode(chunk: ChatCompletionChunk): string;
  /** What stands at the end of a complete stream. */
  finish(): string;
  /** See `StreamFacts.answer`; there after `finish()`. */
  readonly answer?: object | undefined;
  /** See `StreamTransform.fail`. */
  fail?(body: unknown, usage: ChatUsage): string;
};

/** Upstream dialect and door differ: decode to the hub, encode for the door. */
export class TranslatedStream implements StreamTransform {
  readonly facts: StreamFacts = { begun: false, done: false, usage: null, outputChars: 0 };
  private last: ChatCompletionChunk | undefined;

  constructor(
    private readonly decoder: StreamDecoder,
    private readonly encoder: StreamEncoder,
    private readonly includeUsage: boolean,
    private readonly reader: EventReader = new SseReader(),
  ) {}

  push(bytes: Buffer): Buffer | null {
    let text = '';
    try {
      for (const event of readEvents(() => this.reader.push(bytes))) text += this.write(this.decoder.push(event));
    } catch (error) {
      throw withPartial(error, text === '' ? null : Buffer.from(text));
    }
    this.facts.done = this.decoder.done ?? false;
    return text === '' ? null : Buffer.from(text);
  }

  end(estimateUsage: () => ChatUsage): Buffer | null {
    const rest = readEvents(() => this.reader.end()).flatMap((event) => this.decoder.push(event));
    let text = this.write([...rest, ...this.decoder.end()]);
    if (this.includeUsage && !this.facts.usage && this.last) {
      // Not noted among the facts: what was counted here must not pass for the provider's word.
      text += this.encoder.encode({ ...this.last, choices: [], usage: estimateUsage() });
    }
    this.facts.done = true;
    text += this.encoder.finish();
    if (this.encoder.answer !== undefined) this.facts.answer = this.encoder.answer;
    return Buffer.from(text);
  }

  fail(body: unknown, usage: ChatUsage): string | undefined {
    return this.encoder.fail?.(body, usage);
  }

  private write(chunks: ChatCompletionChunk[]): string {
    let text = '';
    for (const chunk of chunks) {
      noteChunk(this.facts, chunk);
      this.last = chunk;
      if (chunk.choices.length > 0 || this.includeUsage) text += this.encoder.encode(this.withUsageField(chunk));
    }
    return text;
  }

  /** OpenAI marks the chunks before the last one with `usage: null` when usage was asked for. */
  private withUsageField(chunk: ChatCompletionChunk): ChatCompletionChunk {
    return this.includeUsage && !chunk.usage ? { ...chunk, usage: null } : chunk;
  }
}

/** Runs the SSE reader; its complaints become failures of the provider. */
export function readEvents(read: () => SseEvent[]): SseEvent[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof SseError) throw badAnswer(error.message);
    throw error;
  }
}

/** Hands on what stood before a failure. */
export function withPartial(error: unknown, partial: Buffer | null): unknown {
  if (error instanceof UpstreamFailureError) error.partial = partial;
  return error;
}

export function badAnswer(message: string): UpstreamFailureError {
  return new UpstreamFailureError({
    code: 'provider_bad_answer',
    retryable: false,
    upstream: { status: 200, code: null, message },
  });
}

/** Brings the facts up to date with one hub chunk. */
export function noteChunk(facts: StreamFacts, chunk: ChatCompletionChunk): void {
  if (chunk.usage) facts.usage = chunk.usage;
  for (const { delta, finish_reason: finish } of chunk.choices) {
    let chars = (delta.content?.length ?? 0) + (delta.reasoning_content?.length ?? 0) + (delta.refusal?.length ?? 0);
    for (const call of delta.tool_calls ?? []) {
      chars += (call.function?.arguments?.length ?? 0) + (call.function?.name?.length ?? 0);
    }
    facts.outputChars += chars;
    if (delta.reasoning_details) facts.state = opaqueState(delta.reasoning_details) ?? facts.state;
    if (chars > 0 || finish !== null || delta.reasoning_details) facts.begun = true;
  }
}
