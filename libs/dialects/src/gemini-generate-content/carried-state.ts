import type { ReasoningDetail } from '@parley/contracts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';

/**
 * Reasoning state of another vendor's model, on its way through a Gemini client: such a client gives back only what
 * stands in `thoughtSignature`, unread. Google's type there is `bytes`, so it is base64, and clients that decode it may
 * write it again in the URL's alphabet.
 */
export type CarriedState = {
  details: ReasoningDetail[];
  /** Readable reasoning that some vendors want back with their calls although they sign nothing. */
  reasoning?: string;
};

/** A multiple of three bytes, so that its base64 is the beginning of every carried state's. */
const MARK = 'parley/state/1:';
export const CARRIED_PREFIX = Buffer.from(MARK).toString('base64');

export function encodeCarriedState({ details, reasoning }: CarriedState): string {
  return Buffer.from(MARK + JSON.stringify({ details, reasoning })).toString('base64');
}

/** Undefined for a signature of Google's own, and for what was tampered with. */
export function decodeCarriedState(signature: string): CarriedState | undefined {
  if (!signature.startsWith(CARRIED_PREFIX)) return undefined;
  const state = parse(Buffer.from(signature, 'base64').toString().slice(MARK.length));
  const reasoning = textOf(state['reasoning']);
  const details = objectsIn(state['details']).filter(isDetail);
  return { details, ...(reasoning !== undefined && { reasoning }) };
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** It comes from a client: each dialect reads the fields that it knows, and checks them. */
function isDetail(value: JsonObject): value is JsonObject & ReasoningDetail {
  return typeof value['type'] === 'string' && typeof value['format'] === 'string';
}
