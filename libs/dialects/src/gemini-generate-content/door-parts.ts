import { invalidRequest, type ChatContentPart } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { base64Problem, mediaTypeProblem } from '../media.ts';
import { fieldsOf, requiredText, textIn } from './door-fields.ts';
import type { JsonObject } from '../json-values.ts';

/** OpenAI's names of audio formats, where they are not the media type's own. */
const AUDIO_FORMATS: Readonly<Record<string, string>> = { mpeg: 'mp3', 'x-wav': 'wav', wave: 'wav', 'x-m4a': 'm4a' };

/** What only Google can open. */
const GOOGLE_FILE = /^gs:|^files\/|^https:\/\/generativelanguage\.googleapis\.com\//i;

/**
 * What a user or a tool shows, as a hub part; undefined for an empty text, and for what has no place in the hub, which is
 * reported. Throws `invalid_request` for a part that lacks its content.
 */
export function decodePart(part: JsonObject, param: string, losses: Loss[]): ChatContentPart | undefined {
  for (const field of ['videoMetadata', 'mediaResolution']) {
    if (part[field] === undefined) continue;
    losses.push({ param: `${param}.${field}`, action: 'dropped', reason: 'only Gemini knows it' });
  }
  if (part['inlineData'] !== undefined) return decodeInline(part['inlineData'], `${param}.inlineData`);
  if (part['fileData'] !== undefined) return decodeFile(part['fileData'], `${param}.fileData`, losses);
  const text = textIn(part, 'text', param);
  if (text !== undefined) return text === '' ? undefined : { type: 'text', text };
  if (Object.keys(part).length === 0) throw invalidRequest(param, 'must have content, such as `text`');
  losses.push({ param, action: 'refused', reason: 'this kind of part has no counterpart' });
  return undefined;
}

function decodeInline(value: unknown, param: string): ChatContentPart {
  const blob = fieldsOf(value, param);
  const mimeType = requiredText(blob, 'mimeType', param);
  const data = requiredText(blob, 'data', param);
  for (const [field, problem] of [
    ['mimeType', mediaTypeProblem(mimeType)],
    ['data', base64Problem(data)],
  ] as const) {
    if (problem !== undefined) throw invalidRequest(`${param}.${field}`, problem);
  }
  const [kind, subtype = ''] = mimeType.toLowerCase().split(';')[0]!.split('/');
  // Clients that hold bytes may write them in the URL's alphabet, which Google takes and others do not.
  const base64 = /[-_]/.test(data) ? data.replaceAll('-', '+').replaceAll('_', '/') : data;
  if (kind === 'audio') {
    return { type: 'input_audio', input_audio: { data: base64, format: AUDIO_FORMATS[subtype] ?? subtype } };
  }
  const url = `data:${mimeType};base64,${base64}`;
  if (kind === 'image') return { type: 'image_url', image_url: { url } };
  return { type: 'file', file: { filename: textIn(blob, 'displayName', param) ?? `file.${subtype}`, file_data: url } };
}

function decodeFile(value: unknown, param: string, losses: Loss[]): ChatContentPart | undefined {
  const file = fieldsOf(value, param);
  const url = requiredText(file, 'fileUri', param);
  if (GOOGLE_FILE.test(url)) {
    losses.push({ param, action: 'refused', reason: 'only Gemini can open files that are kept at Google' });
    return undefined;
  }
  if (textIn(file, 'mimeType', param)?.startsWith('image/')) return { type: 'image_url', image_url: { url } };
  return { type: 'file', file: { file_data: url } };
}
