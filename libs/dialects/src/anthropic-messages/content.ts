import type { ChatContentPart, ChatMessage } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/** Media types that Anthropic reads as images: https://docs.claude.com/en/docs/build-with-claude/vision */
const IMAGE_TYPES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** Anthropic's own input blocks, accepted as parts and passed on unchanged. */
const NATIVE_BLOCKS: ReadonlySet<string> = new Set(['image', 'document', 'search_result']);

/**
 * Writes message content as content blocks. Blank texts vanish, since Anthropic refuses them:
 * `text content blocks must contain non-whitespace text`.
 */
export function encodeContent(message: ChatMessage, param: string, losses: Loss[]): JsonObject[] {
  const { content } = message;
  if (typeof content === 'string') return content.trim() === '' ? [] : [{ type: 'text', text: content }];
  if (!content) return [];
  return content.flatMap((part, index) => encodePart(part, `${param}.content.${index}`, losses));
}

function encodePart(part: ChatContentPart, param: string, losses: Loss[]): JsonObject[] {
  const block = toBlock(part);
  if (block === undefined) return [];
  if (typeof block === 'string') {
    losses.push({ param, action: 'refused', reason: block });
    return [];
  }
  return [part.cache_control ? { ...block, cache_control: part.cache_control } : block];
}

/** The block; undefined for a blank text; a phrase that says why when there is no block for it. */
function toBlock(part: ChatContentPart): JsonObject | string | undefined {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? undefined : { type: 'text', text: part.text };
    case 'refusal':
      return part.refusal.trim() === '' ? undefined : { type: 'text', text: part.refusal };
    case 'image_url':
      return imageBlock(part.image_url.url);
    case 'file':
      return fileBlock(part.file);
    case 'input_audio':
      return 'audio input is not supported';
    default:
      return nativeBlock(part);
  }
}

function nativeBlock(part: unknown): JsonObject | string {
  if (!isObject(part) || typeof part['type'] !== 'string') return 'a content part must name its type';
  return NATIVE_BLOCKS.has(part['type']) ? part : 'this kind of content part is not supported';
}

function imageBlock(url: string): JsonObject | string {
  if (!url.startsWith('data:')) return { type: 'image', source: { type: 'url', url } };
  const data = readDataUrl(url);
  if (!data) return 'the data URL must be base64';
  const mediaType = data.mediaType === 'image/jpg' ? 'image/jpeg' : data.mediaType;
  if (!IMAGE_TYPES.has(mediaType)) return 'only JPEG, PNG, GIF and WebP images are supported';
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data: data.base64 } };
}

function fileBlock(file: { file_data?: string; filename?: string; file_id?: string }): JsonObject | string {
  const title = file.filename ? { title: file.filename } : {};
  if (file.file_data !== undefined) return fileDataBlock(file.file_data, title);
  // Ids of Anthropic's Files API begin so; another vendor's id means nothing there.
  if (file.file_id?.startsWith('file_')) {
    return { type: 'document', source: { type: 'file', file_id: file.file_id }, ...title };
  }
  return 'the provider does not have this file: send its content as file_data';
}

function fileDataBlock(fileData: string, title: JsonObject): JsonObject | string {
  if (/^https?:/i.test(fileData)) return { type: 'document', source: { type: 'url', url: fileData }, ...title };
  // Bare base64 without a media type: `%PDF` always begins so.
  const data = fileData.startsWith('JVBERi')
    ? { mediaType: 'application/pdf', base64: fileData }
    : readDataUrl(fileData);
  if (!data) return 'file_data must be a base64 data URL';
  const { mediaType, base64 } = data;
  if (mediaType.startsWith('image/')) return imageBlock(fileData);
  if (mediaType === 'application/pdf') {
    return { type: 'document', source: { type: 'base64', media_type: mediaType, data: base64 }, ...title };
  }
  if (mediaType.startsWith('text/') || mediaType === 'application/json') {
    const text = Buffer.from(base64, 'base64').toString('utf8');
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title };
  }
  return 'only PDF, plain text and image files are supported';
}

function readDataUrl(url: string): { mediaType: string; base64: string } | undefined {
  const comma = url.indexOf(',');
  const [mediaType = '', ...attributes] = url.slice('data:'.length, comma).split(';');
  if (!url.startsWith('data:') || comma < 0 || attributes.at(-1) !== 'base64') return undefined;
  return { mediaType: mediaType.toLowerCase(), base64: url.slice(comma + 1) };
}
