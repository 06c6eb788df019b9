import type { ChatCompletion, ChatRequest, DialectId, ErrorBody } from '@parley/contracts';
import type { AnswerContext, Loss, Target } from './dialect.ts';
import type { JsonMember } from './json-members.ts';
import type { StreamEncoder, StreamTransform } from './stream-transform.ts';

/** A request as it came in: its bytes, where its top-level members lie, and what it means. */
export type SourceRequest<Request = ChatRequest> = {
  bytes: Buffer;
  members: ReadonlyMap<string, JsonMember>;
  request: Request;
  /** What the hub has no word for, as the door found it: lost where the request is translated, not where it is relayed. */
  losses?: readonly Loss[];
};

/** A request of the target's own format, and what the target could not be asked. */
export type EditedRequest = { bytes: Buffer; losses: Loss[] };

/** How the pieces of a streamed answer travel. `keepAlive` is what may be written between any two of them unseen. */
export type StreamFraming = { contentType: string; keepAlive: string };

/** A wire format towards clients. A target that speaks the same dialect is relayed; the others meet it in the hub. */
export type Door = {
  dialect: DialectId;
  /** Throws `invalid_request` naming the field. */
  decodeRequest(body: unknown): ChatRequest;
  encodeResponse(completion: ChatCompletion): unknown;
  openStreamEncoder(): StreamEncoder;
  /** An error answer in this format. Absent: the body as it is. */
  encodeFailure?(body: ErrorBody, status: number): unknown;
  /**
   * The in-band event that ends a stream which failed after its headers were sent. `body` is the whole error answer;
   * `hasBegun`: something of the answer stands before it.
   */
  encodeStreamFailure(body: unknown, hasBegun: boolean): string;
  /** Absent: its streams are server-sent events. */
  framing?: StreamFraming;
  relay: {
    /** The client's bytes with the few changes that the target needs. */
    editRequest(source: SourceRequest, target: Target): EditedRequest;
    /** `faithful`: the provider's bytes may go to the client as they are. */
    readResponse(body: unknown, context: AnswerContext): { completion: ChatCompletion; faithful: boolean };
    openStream(context: AnswerContext, options: { includeUsage: boolean }): StreamTransform;
  };
};
