import type { ChatCompletion, ChatRequest, ChatUsage, DialectId, ErrorBody } from '@parley/contracts';
import type { AnswerContext, Dialect, Loss, Target } from './dialect.ts';
import type { JsonMember } from './json-members.ts';
import type { StreamEncoder, StreamTransform } from './stream-transform.ts';

/** A request as it came in: its bytes, where its top-level members lie, and what it means. */
export type SourceRequest<Request = ChatRequest> = {
  bytes: Buffer;
  members: ReadonlyMap<string, JsonMember>;
  /** The parsed JSON, in the caller's format. */
  body: unknown;
  /** The same in the hub's. */
  request: Request;
  /** True: the target cannot read the reasoning state in the body; the hub's request has none of it. */
  withoutState?: boolean;
  /** What of its HTTP headers a relay passes on, by lower-case name. */
  headers?: Readonly<Record<string, string>>;
};

/** The call that an answer is for: some formats repeat in an answer what was asked. */
export type AnswerTo = {
  /** The request's body in the door's format. */
  body: unknown;
  /** Names the answer where the door's format has ids of its own; unique, and of letters and digits. */
  answerId: string;
  /** Unix seconds, for answers that never got a time of their own. */
  created: number;
};

/** A request of the target's own format, and what the target could not be asked. */
export type EditedRequest = { bytes: Buffer; losses: Loss[] };

/** How the pieces of a streamed answer travel. `keepAlive` is what may be written between any two of them unseen. */
export type StreamFraming = { contentType: string; keepAlive: string };

/** How clients of a door ask how many tokens a request holds. */
export type CountDoor = Pick<Door, 'dialect' | 'forwardedHeaders' | 'decodeRequest'> & {
  /** As `Door.relay.editRequest`, for a target that counts in the door's own dialect; its answer is relayed. */
  editRequest: Door['relay']['editRequest'];
  encodeCount(tokens: number): unknown;
};

/**
 * A whole answer of the door's own format, checked. `usage`: null where the provider counted nothing. `completion`: what it
 * means, read when somebody asks. `faithful`: the provider's bytes may go to the client as they are. `edit`: makes of
 * them what goes there in their place. `state`: the last piece of opaque reasoning state in it.
 */
export type RelayedAnswer = {
  usage: ChatUsage | null;
  completion: () => ChatCompletion;
  faithful: boolean;
  edit?: (bytes: Buffer) => Buffer;
  state: string | undefined;
};

/** A wire format towards clients. A target that speaks the same dialect is relayed; the others meet it in the hub. */
export type Door = {
  dialect: DialectId;
  /** Headers of a request, by lower-case name, that a target of the door's own dialect gets as they came. */
  forwardedHeaders?: readonly string[];
  /** Throws `invalid_request` naming the field. */
  decodeRequest(body: unknown): ChatRequest;
  /** What of a decoded body has no place in the hub; a relay does not lose it. Absent: nothing. */
  lossesInHub?(body: unknown): readonly Loss[];
  /**
   * The names that fields of the hub have for a client; absent: the same. `body`: what it sent, where that is at hand; without
   * it, places are less exact.
   */
  paramsOf?(body?: unknown): (param: string) => string;
  encodeResponse(completion: ChatCompletion, call: AnswerTo): unknown;
  openStreamEncoder(call: AnswerTo): StreamEncoder;
  /** An error in the door's own shape; absent: `body` as it is. */
  encodeFailure?(body: ErrorBody, status: number): unknown;
  /**
   * The in-band event that ends a stream which failed after its headers were sent. `body` is the whole error answer, in
   * the door's shape; `hasBegun`: something of the answer stands before it. A stream that has a way of its own to fail
   * (`StreamTransform.fail`) is asked first.
   */
  encodeStreamFailure(body: unknown, hasBegun: boolean, call: AnswerTo): string;
  /** Absent: its streams are server-sent events. */
  framing?: StreamFraming;
  relay: {
    /** The client's bytes with the few changes that the target needs. */
    editRequest(source: SourceRequest, target: Target): EditedRequest;
    /**
     * The client's bytes as they would ask for `request`: the same without a number of choices, and with another seed
     * where it has another. Absent: the format knows no number of choices.
     */
    asOneChoice?(source: SourceRequest, request: ChatRequest): Buffer;
    /** `asked` is the parsed request, here and below: some of it is the gateway's to repeat, since no provider saw it. */
    readResponse(body: unknown, context: AnswerContext, asked: unknown): RelayedAnswer;
    openStream(context: AnswerContext, options: { includeUsage: boolean; asked: unknown }): StreamTransform;
    /** What a failure of the target's means, in the names of the door's own format. Absent: as its dialect reads it. */
    decodeFailure?: Dialect['decodeFailure'];
  };
};
