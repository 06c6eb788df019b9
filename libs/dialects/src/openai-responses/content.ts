import type { ChatContentPart, ChatMessage } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/** The API's own input parts, accepted as parts and passed on unchanged. */
const NATIVE_PARTS: ReadonlySet<unknown> = new Set(['input_text', 'input_image', 'input_file']);

/** Writes what users, developers and tools say: a text stays one, parts become input parts. */
export function encodeInputContent(message: ChatMessage, param: string, losses: Loss[]): string | JsonObject[] {
  const { content } = message;
  if (!Array.isArray(content)) return content ?? '';
  return content.flatMap((part, index) => keep(toInputPart(part), `${param}.content.${index}`, losses));
}

/** Writes what the model itself said before: texts and refusals only. */
export function encodeOutputContent(message: ChatMessage, param: string, losses: Loss[]): JsonObject[] {
  const { content, refusal } = message;
  const parts: ChatContentPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  const written = parts.flatMap((part, index) => {
    if (part.type === 'text' && part.text === '') return [];
    return keep(toOutputPart(part), `${param}.content.${index}`, losses);
  });
  if (refusal && !written.some((part) => part['type'] === 'refusal')) written.push({ type: 'refusal', refusal });
  return written;
}

function keep(part: JsonObject | string, param: string, losses: Loss[]): JsonObject[] {
  if (typeof part !== 'string') return [part];
  losses.push({ param, action: 'refused', reason: part });
  return [];
}

/** The part, or a phrase that says why there is none. */
function toInputPart(part: ChatContentPart): JsonObject | string {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text };
    case 'refusal':
      return { type: 'input_text', text: part.refusal };
    case 'image_url': {
      const { url, detail } = part.image_url;
      return { type: 'input_image', image_url: url, ...(detail !== undefined && { detail }) };
    }
    case 'file':
      return filePart(part.file);
    case 'input_audio':
      return 'audio input is not supported';
    default:
      return nativePart(part);
  }
}

function nativePart(part: unknown): JsonObject | string {
  return isObject(part) && NATIVE_PARTS.has(part['type']) ? part : 'this kind of content part is not supported';
}

function filePart({ file_data: data, file_id: id, filename }: { [field: string]: unknown }): JsonObject | string {
  const named = typeof filename === 'string' ? { filename } : {};
  if (typeof id === 'string') return { type: 'input_file', file_id: id };
  if (typeof data !== 'string') return 'a file must come with file_data or file_id';
  // An address has a field of its own, and takes no name beside it.
  return /^https?:/i.test(data)
    ? { type: 'input_file', file_url: data }
    : { type: 'input_file', file_data: data, ...named };
}

function toOutputPart(part: ChatContentPart): JsonObject | string {
  if (part.type === 'text') return { type: 'output_text', text: part.text };
  if (part.type === 'refusal') return { type: 'refusal', refusal: part.refusal };
  return 'an assistant message may hold text only';
}
