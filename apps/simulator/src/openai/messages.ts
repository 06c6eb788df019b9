import { addMedia, type Ask, type Media } from '../ask.ts';
import { base64ByteCount, isObject, type JsonObject, stringOf } from '../json.ts';
import { invalid, wrongType } from './checks.ts';

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];
const DATA_URL = /^data:([^;,]+);base64,([A-Za-z0-9+/=\s]*)$/u;

/** Reads the conversation: roles, contents, and that each tool call is answered right after it. */
export function readMessages(ask: Ask, messages: unknown[]): void {
  const callNames = new Map<string, string>();
  let unanswered = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    if (!isObject(message)) throw wrongType(path, 'an object', message);
    const role = stringOf(message.role);
    if (!ROLES.includes(role)) throw unknownRole(message.role, path);
    if (role !== 'tool') checkAnswered(unanswered, index);
    ask.roles.push(role);
    const text = readContent(ask, message, role, path);
    ask.promptCharacters += text.length;
    if (role === 'system' || role === 'developer') ask.system += (ask.system === '' ? '' : '\n') + text;
    if (role === 'user' && text !== '') ask.lastUserText = text;
    if (role === 'assistant') unanswered = readCalls(message, path, callNames);
    if (role === 'tool') {
      const id = stringOf(message.tool_call_id);
      if (!unanswered.delete(id)) throw unexpectedToolMessage(path);
      ask.toolResults.push({ name: callNames.get(id) ?? '', content: text });
    }
  }
  checkAnswered(unanswered, messages.length);
  ask.endsWithToolResults = ask.roles.at(-1) === 'tool';
}

function readContent(ask: Ask, message: JsonObject, role: string, path: string): string {
  const { content } = message;
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) {
    const mayBeSilent = role === 'assistant' && (message.tool_calls || message.refusal || message.function_call);
    if (mayBeSilent || role === 'function') return '';
    throw invalid(
      `Invalid value for 'content': expected a string, got null.`,
      `${path}.content`,
      content === null ? undefined : 'missing_required_parameter',
    );
  }
  if (!Array.isArray(content)) throw wrongType(`${path}.content`, 'one of a string or array of objects', content);
  return content.map((part, index) => readPart(ask, part, role, `${path}.content[${index}]`)).join('');
}

function readPart(ask: Ask, part: unknown, role: string, path: string): string {
  if (!isObject(part)) throw wrongType(path, 'an object', part);
  if (part.type === 'text') {
    if (typeof part.text !== 'string') throw wrongType(`${path}.text`, 'a string', part.text);
    return part.text;
  }
  if (part.type === 'refusal' && role === 'assistant') return stringOf(part.refusal);
  if (role === 'user' && part.type === 'image_url') {
    const url = isObject(part.image_url) ? part.image_url.url : undefined;
    if (typeof url !== 'string') throw wrongType(`${path}.image_url.url`, 'a string', url);
    addMedia(ask, readImageUrl(url, path), true);
    return '';
  }
  if (role === 'user' && part.type === 'input_audio' && isObject(part.input_audio)) {
    const { data, format } = part.input_audio;
    addMedia(ask, { mime: `audio/${stringOf(format)}`, bytes: base64ByteCount(stringOf(data)) }, false);
    return '';
  }
  if (role === 'user' && part.type === 'file' && isObject(part.file)) {
    const { file_data: data, file_id: id } = part.file;
    addMedia(ask, typeof data === 'string' ? readDataUrl(data, path) : { url: stringOf(id) }, false);
    return '';
  }
  const supported = role === 'user' ? "'text', 'image_url', 'input_audio', and 'file'" : "'text'";
  const message = `Invalid value: '${stringOf(part.type)}'. Supported values are: ${supported}.`;
  throw invalid(message, `${path}.type`, 'invalid_value');
}

/** `path` is that of the part; the address stands in its `image_url`. */
export function readImageUrl(url: string, path: string): Media {
  if (/^https?:\/\//u.test(url)) return { url };
  const media = url.startsWith('data:image/') ? readDataUrl(url, path) : null;
  if (media) return media;
  const message = `Invalid '${path}.image_url.url'. Expected a base64-encoded data URL with an image MIME type, or an http(s) URL.`;
  throw invalid(message, `${path}.image_url.url`, 'invalid_value');
}

export function readDataUrl(url: string, path: string): Media {
  const [, mime, data] = DATA_URL.exec(url) ?? [];
  if (mime !== undefined && data !== undefined) return { mime, bytes: base64ByteCount(data) };
  const message = `Invalid '${path}'. Expected a base64-encoded data URL (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=').`;
  throw invalid(message, path, 'invalid_base64');
}

function readCalls(message: JsonObject, path: string, callNames: Map<string, string>): Set<string> {
  const ids = new Set<string>();
  if (message.tool_calls === undefined || message.tool_calls === null) return ids;
  if (!Array.isArray(message.tool_calls)) throw wrongType(`${path}.tool_calls`, 'an array', message.tool_calls);
  if (message.tool_calls.length === 0) {
    const text = `Invalid '${path}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`;
    throw invalid(text, `${path}.tool_calls`, 'empty_array');
  }
  for (const [index, call] of message.tool_calls.entries()) {
    const at = `${path}.tool_calls[${index}]`;
    const called = isObject(call) ? (isObject(call.function) ? call.function : call.custom) : undefined;
    if (!isObject(call) || typeof call.id !== 'string' || !isObject(called) || typeof called.name !== 'string') {
      throw invalid(`Missing required parameter: '${at}.id'.`, `${at}.id`, 'missing_required_parameter');
    }
    if (call.type === 'function' && typeof called.arguments !== 'string') {
      throw wrongType(`${at}.function.arguments`, 'a string', called.arguments);
    }
    ids.add(call.id);
    callNames.set(call.id, called.name);
  }
  return ids;
}

function checkAnswered(unanswered: Set<string>, index: number): void {
  if (unanswered.size === 0) return;
  const message = `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...unanswered].join(', ')}`;
  throw invalid(message, `messages.[${index}].role`);
}

function unexpectedToolMessage(path: string): Error {
  const message =
    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
  return invalid(message, `${path}.role`);
}

function unknownRole(role: unknown, path: string): Error {
  if (role === undefined) {
    return invalid(`Missing required parameter: '${path}.role'.`, `${path}.role`, 'missing_required_parameter');
  }
  const supported = ROLES.map((known) => `'${known}'`).join(', ');
  const message = `Invalid value: '${stringOf(role)}'. Supported values are: ${supported}.`;
  return invalid(message, `${path}.role`, 'invalid_value');
}
