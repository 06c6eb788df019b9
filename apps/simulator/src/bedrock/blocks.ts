import { signReasoning } from '../answer.ts';
import { addMedia, type Ask, type Media } from '../ask.ts';
import { base64ByteCount, isObject, type JsonObject, objectsOf, stringOf } from '../json.ts';
import { invalid } from './errors.ts';

export type Turn = { role: string; blocks: JsonObject[] };

const IMAGE_FORMATS = ['png', 'jpeg', 'gif', 'webp'];
const DOCUMENT_FORMATS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'];
const DOCUMENT_NAME = /^(?!.*\s\s)[A-Za-z0-9\s\-()[\]]{1,200}$/u;
const CALL_ID = /^[\w.:-]{1,64}$/u;
const TOOL_NAME = /^[\w-]{1,64}$/u;

/** Reads one content block and gives its text. The names of calls are noted for the results that follow. */
export function readBlock(ask: Ask, turn: Turn, block: JsonObject, path: string, calls: Map<string, string>): string {
  const isUser = turn.role === 'user';
  const kinds = Object.keys(block);
  if (kinds.length !== 1) throw invalid(`The ContentBlock object at ${path} must set one and only one of its keys.`);
  const [kind = ''] = kinds;
  const value = block[kind];
  if (kind === 'text') return readText(value, path);
  if (!isObject(value)) throw invalid(`The value at ${path}.${kind} must be an object.`);
  switch (kind) {
    case 'image':
      addMedia(ask, readMedia(value, `${path}.image`, IMAGE_FORMATS), true);
      return '';
    case 'document':
      readDocument(ask, turn, value, path);
      return '';
    case 'toolUse':
      if (isUser) throw invalid(`The toolUse block at ${path} is only allowed in assistant messages.`);
      readCall(value, path, calls);
      return '';
    case 'toolResult':
      if (!isUser) throw invalid(`The toolResult block at ${path} is only allowed in user messages.`);
      readResult(ask, value, path, calls);
      return '';
    case 'reasoningContent':
      if (isUser) throw invalid('User messages cannot contain reasoning content. Please remove it and try again.');
      checkReasoning(value, path);
      return '';
    case 'citationsContent':
      return objectsOf(value.content)
        .map((part) => stringOf(part.text))
        .join('');
    case 'cachePoint':
    case 'guardContent':
    case 'searchResult':
    case 'video':
      return '';
    default:
      throw invalid(`The ContentBlock object at ${path} must set one of the keys that are known.`);
  }
}

function readText(value: unknown, path: string): string {
  const text = stringOf(value);
  if (text !== '') return text;
  throw invalid(
    `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`,
  );
}

function readDocument(ask: Ask, turn: Turn, value: JsonObject, path: string): void {
  addMedia(ask, readMedia(value, `${path}.document`, DOCUMENT_FORMATS), false);
  if (!DOCUMENT_NAME.test(stringOf(value.name))) {
    throw invalid(
      'The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets.',
    );
  }
  if (!turn.blocks.some((block) => block.text !== undefined)) {
    throw invalid('You must include a ContentBlock with a text field beside a document.');
  }
}

function readMedia(value: JsonObject, path: string, formats: string[]): Media {
  const format = stringOf(value.format);
  if (!formats.includes(format)) {
    throw invalid(
      `Value at '${path}.format' failed to satisfy constraint: Member must satisfy enum value set: [${formats.join(', ')}]`,
    );
  }
  const source = isObject(value.source) ? value.source : {};
  if (isObject(source.s3Location)) return { url: stringOf(source.s3Location.uri) };
  const bytes = stringOf(source.bytes) || stringOf(source.text);
  if (bytes === '') throw invalid(`The source at ${path} must set one of the following keys: bytes, s3Location.`);
  const mime = formats === IMAGE_FORMATS ? `image/${format}` : format;
  return { mime, bytes: base64ByteCount(bytes) };
}

function readCall(value: JsonObject, path: string, calls: Map<string, string>): void {
  const id = stringOf(value.toolUseId);
  const name = stringOf(value.name);
  if (!CALL_ID.test(id)) throw unfit(`${path}.toolUse.toolUseId`, '[a-zA-Z0-9_.:-]+');
  if (!TOOL_NAME.test(name)) throw unfit(`${path}.toolUse.name`, '[a-zA-Z0-9_-]+');
  if (!isObject(value.input)) {
    throw invalid(
      `The format of the value at ${path}.toolUse.input is invalid. Provide a json object for the field and try again.`,
    );
  }
  calls.set(id, name);
}

function unfit(place: string, pattern: string): Error {
  return invalid(
    `Value at '${place}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern}`,
  );
}

function readResult(ask: Ask, value: JsonObject, path: string, calls: Map<string, string>): void {
  if (!Array.isArray(value.content)) throw invalid(`The content of the toolResult block at ${path} must be a list.`);
  const texts = objectsOf(value.content).map((part) => {
    if (isObject(part.image)) addMedia(ask, readMedia(part.image, `${path}.toolResult`, IMAGE_FORMATS), true);
    return part.json === undefined ? stringOf(part.text) : JSON.stringify(part.json);
  });
  const content = texts.join('');
  ask.promptCharacters += content.length;
  ask.toolResults.push({ name: calls.get(stringOf(value.toolUseId)) ?? '', content });
}

function checkReasoning({ reasoningText, redactedContent }: JsonObject, path: string): void {
  if (typeof redactedContent === 'string') return;
  const thought = isObject(reasoningText) ? reasoningText : {};
  if (thought.signature === signReasoning(stringOf(thought.text))) return;
  throw invalid(`The model returned the following errors: ${path}: Invalid \`signature\` in \`thinking\` block`);
}
