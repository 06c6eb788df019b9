import type { JsonObject } from '../json-values.ts';

const IMAGE_FORMATS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

/** Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html */
const DOCUMENT_FORMATS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/plain': 'txt',
  'application/json': 'txt',
};

const MAX_NAME_CHARS = 200;

/** An image block, or a phrase that says why there is none. */
export function imageBlock(url: string): JsonObject | string {
  const source = readSource(url);
  if (typeof source === 'string') return source;
  const format = source.uri === undefined ? IMAGE_FORMATS[source.mediaType] : extensionOf(source.uri);
  if (!format) return 'only JPEG, PNG, GIF and WebP images are supported';
  return { image: { format: format === 'jpg' ? 'jpeg' : format, source: sourceBlock(source) } };
}

/** A document or image block, or a phrase that says why there is none. */
export function fileBlock(file: { file_data?: string; filename?: string }): JsonObject | string {
  if (file.file_data === undefined) return 'the provider does not have this file: send its content as file_data';
  // Bare base64 without a media type: `%PDF` always begins so.
  const url = file.file_data.startsWith('JVBERi') ? `data:application/pdf;base64,${file.file_data}` : file.file_data;
  const source = readSource(url);
  if (typeof source === 'string') return source;
  if (source.mediaType.startsWith('image/')) return imageBlock(url);
  const format = DOCUMENT_FORMATS[source.mediaType] ?? (source.uri === undefined ? undefined : extensionOf(source.uri));
  if (!format) return 'only PDF, Word, Excel, CSV, HTML, Markdown, plain text and image files are supported';
  return { document: { format, name: documentName(file.filename ?? ''), source: sourceBlock(source) } };
}

/**
 * `The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and
 * square brackets [and not] more than one consecutive whitespace character.`
 */
function documentName(filename: string): string {
  const stem = filename.replace(/\.[^.]*$/, '');
  const plain = stem.replace(/[^A-Za-z0-9\-()[\]]+/g, ' ').trim();
  return plain.slice(0, MAX_NAME_CHARS).trim() || 'document';
}

type Source = { mediaType: string; base64: string; uri?: undefined } | { mediaType: ''; uri: string };

/** Bedrock fetches nothing but what lies in S3. */
function readSource(url: string): Source | string {
  if (url.startsWith('s3://')) return { mediaType: '', uri: url };
  if (!url.startsWith('data:')) return 'the provider fetches no addresses: send the content as a data URL';
  const comma = url.indexOf(',');
  const [mediaType = '', ...attributes] = url.slice('data:'.length, comma).split(';');
  if (comma < 0 || attributes.at(-1) !== 'base64') return 'the data URL must be base64';
  return { mediaType: mediaType.toLowerCase(), base64: url.slice(comma + 1) };
}

function sourceBlock(source: Source): JsonObject {
  return source.uri === undefined ? { bytes: source.base64 } : { s3Location: { uri: source.uri } };
}

function extensionOf(uri: string): string | undefined {
  return /\.([a-z]{2,4})$/i.exec(uri)?.[1]?.toLowerCase();
}
