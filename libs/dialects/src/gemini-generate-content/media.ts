import type { ChatContentPart } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import type { JsonObject } from '../json-values.ts';

const MIME_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  heif: 'image/heif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  aac: 'audio/aac',
  aiff: 'audio/aiff',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
};

/**
 * A content part as a Gemini part; undefined for an empty text, which Gemini refuses, and for what cannot be carried,
 * which is reported. Gemini caches by itself: `cache_control` is left out without a word.
 */
export function encodePart(part: ChatContentPart, param: string, losses: Loss[]): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return encodeText(part.text);
    case 'refusal':
      return encodeText(part.refusal);
    case 'image_url':
      return encodeUrl(part.image_url.url) ?? refuse(param, 'the image is neither a data URL nor an address', losses);
    case 'input_audio': {
      const { data, format } = part.input_audio;
      return { inlineData: { mimeType: mimeTypeOf(format) ?? `audio/${format}`, data } };
    }
    case 'file': {
      const { file_data, file_id } = part.file;
      return encodeUrl(file_data ?? file_id ?? '') ?? refuse(param, 'files are carried as data URL or address', losses);
    }
    default:
      return refuse(param, 'this kind of content has no counterpart', losses);
  }
}

export function encodeText(text: string): JsonObject | undefined {
  return text === '' ? undefined : { text };
}

function encodeUrl(url: string): JsonObject | undefined {
  const comma = url.indexOf(',');
  const head = /^data:([^;,]+)(?:;[^;,]+)*;base64$/i.exec(url.slice(0, Math.max(comma, 0)));
  if (head) return { inlineData: { mimeType: head[1], data: url.slice(comma + 1) } };
  if (!/^(https?|gs):\/\//i.test(url)) return undefined;
  const extension = /\.([a-z0-9]+)(?:[?#].*)?$/i.exec(url)?.[1]?.toLowerCase() ?? '';
  const mimeType = mimeTypeOf(extension);
  return { fileData: { ...(mimeType !== undefined && { mimeType }), fileUri: url } };
}

function mimeTypeOf(extension: string): string | undefined {
  return Object.hasOwn(MIME_TYPES, extension) ? MIME_TYPES[extension] : undefined;
}

function refuse(param: string, reason: string, losses: Loss[]): undefined {
  losses.push({ param, action: 'refused', reason });
  return undefined;
}
