import { addMedia, type Ask, createAsk } from '../ask.ts';
import { base64ByteCount, isObject, type JsonObject, stringOf } from '../json.ts';
import { checkFields, invalid, wrongType } from './fields.ts';

const ROLES = ['system', 'user', 'assistant', 'tool'];
const DATA_URL = /^data:([^;,]+);base64,([A-Za-z0-9+/=\s]*)$/u;

/** Reads a chat request as strictly as Cohere does. */
export function readRequest(body: JsonObject): Ask {
  checkFields(body);
  const { messages, model, stream, tools, ...params } = body;
  const ask = createAsk('cohere', stringOf(model), stream === true);
  readMessages(ask, Array.isArray(messages) ? messages : []);
  for (const tool of Array.isArray(tools) ? tools : []) readTool(ask, tool);
  readToolChoice(ask, body.tool_choice);
  ask.jsonSchema = readFormat(body.response_format);
  ask.reasoningDisabled = isObject(body.thinking) && body.thinking.type === 'disabled';
  ask.params = params;
  return ask;
}

function readMessages(ask: Ask, messages: unknown[]): void {
  if (messages.length === 0) throw invalid('messages must not be empty.');
  const callNames = new Map<string, string>();
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    if (!isObject(message)) throw wrongType(message, path, 'object');
    const role = stringOf(message.role);
    if (!ROLES.includes(role)) throw invalid(`invalid role in messages: '${role}'.`);
    ask.roles.push(role);
    const text = readContent(ask, message, role, path);
    ask.promptCharacters += text.length;
    if (role === 'system') ask.system += (ask.system === '' ? '' : '\n') + text;
    if (role === 'user' && text !== '') ask.lastUserText = text;
    if (role === 'assistant') readCalls(message, path, callNames);
    if (role !== 'tool') continue;
    const name = callNames.get(stringOf(message.tool_call_id));
    if (name === undefined) throw invalid(`tool call id not found in previous tool calls.`);
    ask.toolResults.push({ name, content: text });
  }
  ask.endsWithToolResults = ask.roles.at(-1) === 'tool';
}

function readContent(ask: Ask, message: JsonObject, role: string, path: string): string {
  const { content } = message;
  if (typeof content === 'string') return content;
  if (content === undefined || content === null) {
    if (role === 'assistant' && message.tool_calls) return '';
    throw invalid('all elements in history must have a message.');
  }
  if (!Array.isArray(content)) throw wrongType(content, `${path}.content`, 'string');
  return content.map((part, index) => readPart(ask, part, `${path}.content[${index}]`)).join('');
}

function readPart(ask: Ask, part: unknown, path: string): string {
  if (!isObject(part)) throw wrongType(part, path, 'object');
  if (part.type === 'text') {
    if (typeof part.text !== 'string') throw wrongType(part.text, `${path}.text`, 'string');
    return part.text;
  }
  if (part.type === 'image_url' && isObject(part.image_url)) {
    const url = stringOf(part.image_url.url);
    const [, mime, data] = DATA_URL.exec(url) ?? [];
    const isData = mime !== undefined && data !== undefined;
    if (!isData && !/^https?:\/\//u.test(url)) throw invalid('image_url must be a URL or a base64 data URL.');
    addMedia(ask, isData ? { mime, bytes: base64ByteCount(data) } : { url }, true);
    return '';
  }
  if (part.type === 'thinking' || part.type === 'document') return '';
  throw invalid(`unknown content type '${stringOf(part.type)}'.`);
}

function readCalls(message: JsonObject, path: string, callNames: Map<string, string>): void {
  const { tool_calls: calls } = message;
  if (calls === undefined || calls === null) return;
  if (!Array.isArray(calls)) throw wrongType(calls, `${path}.tool_calls`, 'array');
  for (const [index, call] of calls.entries()) {
    const called = isObject(call) ? call.function : undefined;
    const at = `${path}.tool_calls[${index}].function`;
    if (!isObject(call) || !isObject(called)) throw wrongType(called, at, 'object');
    if (typeof called.arguments !== 'string') throw wrongType(called.arguments, `${at}.arguments`, 'string');
    callNames.set(stringOf(call.id), stringOf(called.name));
  }
}

function readTool(ask: Ask, tool: unknown): void {
  const declared = isObject(tool) ? tool.function : undefined;
  if (!isObject(declared) || stringOf(declared.name) === '') throw invalid('all tools must have a name.');
  const { parameters = {} } = declared;
  if (!isObject(parameters)) throw wrongType(parameters, 'tools.function.parameters', 'object');
  ask.tools.push({ name: stringOf(declared.name), schema: { type: 'object', ...parameters } });
}

function readToolChoice(ask: Ask, choice: unknown): void {
  if (choice === undefined || choice === null) return;
  if (ask.tools.length === 0) throw invalid('tool_choice can only be specified with tools.');
  ask.toolChoice = stringOf(choice);
  ask.forcedTool = choice === 'REQUIRED' ? '*' : null;
}

function readFormat(format: unknown): JsonObject | null {
  if (!isObject(format) || format.type === 'text') return null;
  if (format.type !== 'json_object') throw invalid('response_format.type must be one of: text, json_object');
  const schema = format.json_schema ?? {};
  if (!isObject(schema)) throw wrongType(schema, 'response_format.json_schema', 'object');
  return schema;
}
