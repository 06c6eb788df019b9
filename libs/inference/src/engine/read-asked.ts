import {
  decodeEmbeddingsRequest,
  type Door,
  type HeaderMap,
  type JsonMember,
  type SourceRequest,
} from '@parley/dialects';
import type { Asked } from './call.ts';

/** A JSON body: as bytes, where its top-level members lie, and parsed; and the headers it came with over HTTP. */
export type JsonBody = {
  bytes: Buffer;
  members: ReadonlyMap<string, JsonMember>;
  value: unknown;
  headers?: HeaderMap;
};

/** Reads what a body asks for. Throws `invalid_request` naming the field. */
export type ReadAsked = (body: JsonBody) => Asked & { model: string };

export const readChat =
  (door: Door): ReadAsked =>
  ({ bytes, members, value, headers }) => {
    const request = door.decodeRequest(value);
    const source = { bytes, members, body: value, request, ...readHeaders(door, headers) };
    return { kind: 'chat', door, source, model: request.model };
  };

/** The headers of a request that a relay passes on. */
export function readHeaders(
  door: Pick<Door, 'forwardedHeaders'>,
  headers: HeaderMap = {},
): Pick<SourceRequest, 'headers'> {
  const entries = (door.forwardedHeaders ?? []).flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return entries.length > 0 ? { headers: Object.fromEntries(entries) } : {};
}

export const readEmbeddings: ReadAsked = ({ bytes, members, value }) => {
  const request = decodeEmbeddingsRequest(value);
  return { kind: 'embeddings', source: { bytes, members, request }, finished: new Map(), model: request.model };
};
