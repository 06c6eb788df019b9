import type { IncomingHttpHeaders } from 'node:http';
import type { Answer, Frame, Identity } from './answer.ts';
import type { Ask, VendorName } from './ask.ts';
import type { JsonObject } from './json.ts';
import type { WireError } from './wire-error.ts';

export type Route =
  | {
      kind: 'generate';
      model: string | null;
      stream: boolean;
      framing: Ask['framing'];
      /** Embeddings are asked for, of one text or of many; absent: a chat. */
      embeds?: 'one' | 'many';
      /** Only the tokens of the request are asked for; absent: an answer. */
      counts?: boolean;
    }
  /** `form`: another one than the vendor's own, for servers that speak its format but list their models otherwise. */
  | { kind: 'models'; form?: 'litellm' }
  /** `id` is null where the body names the model. */
  | { kind: 'model'; id: string | null }
  /** Something of the vendor's own, which checks for itself who asks. */
  | { kind: 'other'; answer(this: void, headers: IncomingHttpHeaders): { status: number; body: object } };

export type Headers = Record<string, string>;

/** One wire format: strict reader, writer of whole answers and of streams, and the vendor's errors. */
export type Vendor = {
  name: VendorName;
  /** Null when the vendor has no such URL. `path` is without the vendor's own prefix. */
  findRoute(method: string, path: string, query: URLSearchParams): Route | null;
  /** Throws a WireError when the key is missing or bad. */
  authenticate(headers: IncomingHttpHeaders, query: URLSearchParams): void;
  /** Throws a WireError for whatever the vendor would refuse. */
  readRequest(body: JsonObject, headers: IncomingHttpHeaders, route: Route & { kind: 'generate' }): Ask;
  writeWhole(ask: Ask, answer: Answer, identity: Identity): string;
  writeStream(ask: Ask, answer: Answer, identity: Identity): Frame[];
  /** The error event inside a stream; `isFirst` when nothing was sent before it, else after `frameCount` frames. */
  writeStreamFailure(ask: Ask, isFirst: boolean, frameCount: number): string;
  streamContentType(ask: Ask): string;
  /** What the characters of frames stand for; absent: UTF-8. */
  streamEncoding?: 'latin1';
  writeModels(ids: readonly string[], route: Route & { kind: 'models' }): string;
  writeModel(id: string): string;
  /** The vendor's error for a status, with no more known than that. */
  describeStatus(status: number): string;
  describeMissingRoute(method: string, path: string): WireError;
  describeMissingModel(id: string, route: Route): WireError;
  describeBadJson(): WireError;
  /** The body, and the headers beyond the request id. */
  writeError(error: WireError, requestId: string): { body: string; headers: Headers };
  requestIdHeader: string;
};

export const BAD_KEY = 'sk-simulator-bad';
