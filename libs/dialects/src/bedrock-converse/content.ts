import type { ChatContentPart, ChatMessage } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { fileBlock, imageBlock } from './media.ts';
import { cachePointsOf } from './model-words.ts';

/** Bedrock's own input blocks, accepted as parts that hold nothing else and passed on unchanged. */
const NATIVE_BLOCKS = ['document', 'image', 'video', 'audio', 'guardContent', 'searchResult'] as const;

/**
 * Writes message content as content blocks. Blank texts vanish, since Bedrock refuses them:
 * `The text field in the ContentBlock object at messages.0.content.0 is blank`.
 */
export function encodeContent(
  message: ChatMessage,
  param: string,
  upstreamModel: string,
  losses: Loss[],
): JsonObject[] {
  const { content } = message;
  if (typeof content === 'string') return textBlock(content);
  if (!content) return [];
  return content.flatMap((part, index) => {
    const place = `${param}.content.${index}`;
    const blocks = encodePart(part, place, losses);
    return blocks.length === 0
      ? []
      : [...blocks, ...encodeCachePoint(part.cache_control, place, upstreamModel, losses)];
  });
}

function textBlock(text: string): JsonObject[] {
  return text.trim() === '' ? [] : [{ text }];
}

function encodePart(part: ChatContentPart, param: string, losses: Loss[]): JsonObject[] {
  const block = toBlock(part);
  if (typeof block !== 'string') return block;
  losses.push({ param, action: 'refused', reason: block });
  return [];
}

/** The blocks of a part, or a phrase that says why there are none. */
function toBlock(part: ChatContentPart): JsonObject[] | string {
  switch (part.type) {
    case 'text':
      return textBlock(part.text);
    case 'refusal':
      return textBlock(part.refusal);
    case 'image_url':
      return listed(imageBlock(part.image_url.url));
    case 'file':
      return listed(fileBlock(part.file));
    case 'input_audio':
      return 'audio input is not supported';
    default:
      return nativeBlock(part);
  }
}

function listed(block: JsonObject | string): JsonObject[] | string {
  return typeof block === 'string' ? block : [block];
}

function nativeBlock(part: unknown): JsonObject[] | string {
  const name = isObject(part) ? NATIVE_BLOCKS.find((kind) => isObject(part[kind])) : undefined;
  if (!isObject(part) || name === undefined) return 'this kind of content part is not supported';
  return [{ [name]: part[name] }];
}

/** Anthropic's mark on a part becomes a block behind it; it is left out where the model would refuse it. */
export function encodeCachePoint(
  mark: unknown,
  param: string,
  upstreamModel: string,
  losses: Loss[],
  place: 'inMessages' | 'inTools' = 'inMessages',
): JsonObject[] {
  if (!isObject(mark) || mark['type'] !== 'ephemeral') return [];
  const taken = cachePointsOf(upstreamModel);
  if (!taken[place]) {
    losses.push({ param: `${param}.cache_control`, action: 'dropped', reason: 'the model takes no cache points here' });
    return [];
  }
  const keep = taken.forOneHour && (mark['ttl'] === '1h' || mark['ttl'] === '5m');
  return [{ cachePoint: { type: 'default', ...(keep && { ttl: mark['ttl'] }) } }];
}
