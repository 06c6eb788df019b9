import { decodeEmbeddingsRequest, type Door, type JsonMember } from '@parley/dialects';
import type { Asked } from './call.ts';

/** A JSON body: as bytes, where its top-level members lie, and parsed. */
export type JsonBody = { bytes: Buffer; members: ReadonlyMap<string, JsonMember>; value: unknown };

/** Reads what a body asks for. Throws `invalid_request` naming the field. */
export type ReadAsked = (body: JsonBody) => Asked & { model: string };

export const readChat =
  (door: Door): ReadAsked =>
  ({ bytes, members, value }) => {
    const request = door.decodeRequest(value);
    return { kind: 'chat', door, source: { bytes, members, body: value, request }, model: request.model };
  };

export const readEmbeddings: ReadAsked = ({ bytes, members, value }) => {
  const request = decodeEmbeddingsRequest(value);
  return { kind: 'embeddings', source: { bytes, members, request }, finished: new Map(), model: request.model };
};
