import type { ReasoningDetail } from '@parley/contracts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';
import { decodeReasoningItem } from './reasoning-details.ts';

/**
 * Reasoning state of other dialects travels in `encrypted_content`, which clients send back unread. The mark tells it
 * from a provider's own: no base64 holds a point.
 */
const PACKED = 'parley.';
const FORMATS: ReadonlySet<unknown> = new Set<ReasoningDetail['format']>([
  'anthropic-claude-v1',
  'bedrock-converse-v1',
  'google-gemini-v1',
  'openai-responses-v1',
  'unknown',
]);

/** The state as `encrypted_content`. Without any it still marks the item as one that no provider knows. */
export function packDetails(details: readonly ReasoningDetail[]): string {
  return PACKED + Buffer.from(JSON.stringify(details)).toString('base64url');
}

/** Whether an input item carries state that this gateway packed and no provider can read. */
export const isPackedItem = (item: JsonObject): boolean =>
  item['type'] === 'reasoning' && textOr(item['encrypted_content'], '').startsWith(PACKED);

/** The state in a reasoning item, ours or OpenAI's. What comes from a client is checked and never trusted. */
export function unpackDetails(item: JsonObject): ReasoningDetail[] {
  if (!isPackedItem(item)) return decodeReasoningItem(item);
  const packed = textOr(item['encrypted_content'], '').slice(PACKED.length);
  let details: unknown;
  try {
    details = JSON.parse(Buffer.from(packed, 'base64url').toString());
  } catch {
    return [];
  }
  return objectsIn(details).filter(isDetail);
}

/** The readable part of a reasoning item. */
export function readableText(item: JsonObject): string {
  const texts = [...objectsIn(item['summary']), ...objectsIn(item['content'])].map((part) => textOr(part['text'], ''));
  return texts.filter((one) => one !== '').join('\n\n');
}

const isDetail = (value: unknown): value is JsonObject & ReasoningDetail =>
  isObject(value) && textOr(value['type'], '').startsWith('reasoning.') && FORMATS.has(value['format']);
