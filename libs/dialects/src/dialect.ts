import type {
  Capabilities,
  ChatCompletion,
  ChatCompletionChunk,
  ChatRequest,
  DialectId,
  ErrorCode,
  UpstreamDetail,
} from '@parley/contracts';
import type { ChatQuirks } from './openai-chat/quirks.ts';
import type { SseEvent } from './sse.ts';

/** Top-level members of a request's body and their values; undefined takes a member out. */
export type BodyEdits = Readonly<Record<string, string | undefined>>;

/** The deployment that a request is written for, as far as the wire format depends on it. */
export type Target = {
  /** Provider slug, for error texts only: a dialect never branches on it. */
  provider: string;
  /** The model's name at the provider, exactly as it goes upstream. */
  upstreamModel: string;
  capabilities: Capabilities;
  /** The most tokens the model can answer with; null = unknown. */
  maxOutputTokens: number | null;
  /** How the provider's chat format differs from OpenAI's. */
  quirks?: ChatQuirks;
  /** What a reseller of the format wants otherwise in every body. Relays make the same edits. */
  bodyEdits?: BodyEdits;
  /** Tokens are counted of a request's own fields, where others of the format want the request whole. Absent: no. */
  countsBareRequests?: boolean;
};

/** What a dialect may not make up itself, being pure: identity and time of the answer. */
export type AnswerContext = {
  target: Target;
  /** Used where the provider gives no id of its own. */
  fallbackId: string;
  /** Unix seconds, used where the provider gives none. */
  created: number;
};

/** Something that the target's wire format could not carry as asked. */
export type Loss = {
  /** The request field: in hub notation (`logprobs`, `messages.2.content.0`) until the door gives it the client's name. */
  param: string;
  /** emulated: done another way; dropped: left out; refused: cannot be left out, so the call must not be made. */
  action: 'emulated' | 'dropped' | 'refused';
  /** A short English phrase. */
  reason: string;
};

export type EncodedRequest = { body: unknown; losses: Loss[] };

/** What went wrong at a provider, in our taxonomy. */
export type UpstreamFailure = {
  code: ErrorCode;
  /** Whether the same deployment may be asked again at once. */
  retryable: boolean;
  /** From Retry-After, retry-after-ms or the body; undefined when the provider named no time. */
  retryAfterMs?: number;
  /** The request field that the provider named, in hub notation where known. */
  param?: string;
  upstream: UpstreamDetail;
};

/** Thrown by decoders for errors inside a 200 answer or stream, and for answers that end too early. */
export class UpstreamFailureError extends Error {
  override readonly name = 'UpstreamFailureError';
  readonly failure: UpstreamFailure;
  /** What a stream said before it failed, in the same network read: owed to a client that is reading already. */
  partial: Buffer | null = null;
  constructor(failure: UpstreamFailure) {
    super(failure.code);
    this.failure = failure;
  }
}

/** Response headers as the HTTP client gives them: lower-case names. */
export type HeaderMap = Readonly<Record<string, string | string[] | undefined>>;

/** Cuts bytes, split anywhere, into events. Throws `SseError` for what is none. */
export type EventReader = {
  push(bytes: Buffer): SseEvent[];
  /** The connection ended: gives an event that still lacks its end. */
  end(): SseEvent[];
};

/** The state of one upstream stream. Made per stream, used once. */
export type StreamDecoder = {
  /** The provider said that the answer is complete; absent where only the end of the connection says so. */
  readonly done?: boolean;
  /**
   * Reads one event and gives the hub chunks that follow from it. Throws `UpstreamFailureError` for an error event or an
   * unreadable one. Promises over a whole stream: one id and `created`; role on the first delta of each choice; one
   * `finish_reason` per choice; tool calls with index, id, type and name on their first fragment; usage once, last, on a
   * chunk with `choices: []`.
   */
  push(event: SseEvent): ChatCompletionChunk[];
  /**
   * The connection ended. Gives the chunks still owed (finish, usage), or throws `UpstreamFailureError` with
   * `upstream_incomplete` when the answer was not complete.
   */
  end(): ChatCompletionChunk[];
};

/**
 * One wire format towards providers, as pure functions: no I/O, no clock, no randomness. `encodeRequest` never mutates
 * its input and gives the same value for the same input, so that a retry sends the same bytes.
 */
export type Dialect = {
  id: DialectId;
  encodeRequest(request: ChatRequest, target: Target): EncodedRequest;
  /**
   * Whether a call for this request gives one choice, whatever `n` says. Several are then asked for by as many calls, in
   * none of which `encodeRequest` sees an `n`. Absent: a call gives as many choices as it is asked for.
   */
  givesOneChoice?(request: ChatRequest, target: Target): boolean;
  /** Throws `UpstreamFailureError` when the body is no answer of this dialect (an error inside a 200 included). */
  decodeResponse(body: unknown, context: AnswerContext): ChatCompletion;
  openStreamDecoder(context: AnswerContext): StreamDecoder;
  /** Cuts a stream's bytes into events; absent: they are server-sent events. */
  openEventReader?(): EventReader;
  /** How the tokens of a request are counted, without an answer to it. Absent: not at all. */
  count?: {
    encodeRequest(request: ChatRequest, target: Target): EncodedRequest;
    /** Gives the tokens. Throws `UpstreamFailureError` when the body is no count. */
    decodeResponse(body: unknown): number;
  };
  /** `body` is the parsed JSON, or the text when it was not JSON, or undefined when empty. Never throws. */
  decodeFailure: (this: void, status: number, headers: HeaderMap, body: unknown) => UpstreamFailure;
};
