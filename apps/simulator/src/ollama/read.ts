import { addMedia, type Ask, createAsk } from '../ask.ts';
import { base64ByteCount, isObject, type JsonObject, stringOf } from '../json.ts';
import { WireError } from '../wire-error.ts';

const LEVELS = ['high', 'medium', 'low'];
const OPTIONS: Record<string, 'integer' | 'float32' | 'array'> = {
  num_predict: 'integer',
  num_ctx: 'integer',
  seed: 'integer',
  top_k: 'integer',
  temperature: 'float32',
  top_p: 'float32',
  min_p: 'float32',
  presence_penalty: 'float32',
  frequency_penalty: 'float32',
  repeat_penalty: 'float32',
  stop: 'array',
};

/** Reads a request as Ollama does: fields that it does not know mean nothing, known ones must have their Go type. */
export function readRequest(body: JsonObject): Ask {
  const { messages, model, stream, tools, ...params } = body;
  expectType(model, 'string', 'model');
  if (stringOf(model) === '') throw new WireError(400, 'model is required');
  expectType(stream, 'bool', 'stream');
  const ask = createAsk('ollama', stringOf(model), stream !== false);
  for (const [index, message] of listOf(messages, 'messages').entries()) readMessage(ask, message, `messages.${index}`);
  for (const tool of listOf(tools, 'tools')) readTool(ask, tool);
  ask.endsWithToolResults = ask.roles.at(-1) === 'tool';
  ask.jsonSchema = readFormat(body.format);
  ask.reasoningDisabled = readThink(body.think) === false;
  checkOptions(body.options);
  ask.params = params;
  return ask;
}

function readMessage(ask: Ask, message: unknown, path: string): void {
  if (!isObject(message)) throw wrongType(message, path, 'api.Message');
  expectType(message.content, 'string', `${path}.content`);
  const role = stringOf(message.role);
  const text = stringOf(message.content);
  ask.roles.push(role);
  ask.promptCharacters += text.length;
  if (role === 'system') ask.system += (ask.system === '' ? '' : '\n') + text;
  if (role === 'user' && text !== '') ask.lastUserText = text;
  for (const image of listOf(message.images, `${path}.images`)) readImage(ask, image);
  for (const call of listOf(message.tool_calls, `${path}.tool_calls`)) checkCall(call, `${path}.tool_calls`);
  if (role === 'tool') ask.toolResults.push({ name: stringOf(message.tool_name), content: text });
}

/** Bytes without their type, which Ollama finds out by itself. */
function readImage(ask: Ask, image: unknown): void {
  const text = stringOf(image);
  const wrong = text.search(/[^A-Za-z0-9+/=\s]/u);
  if (wrong >= 0 || text === '') throw new WireError(400, `illegal base64 data at input byte ${Math.max(wrong, 0)}`);
  addMedia(ask, { mime: 'image', bytes: base64ByteCount(text) }, true);
}

function checkCall(call: unknown, path: string): void {
  const called = isObject(call) ? call.function : call;
  if (!isObject(called)) throw wrongType(called, `${path}.function`, 'api.ToolCallFunction');
  if (called.arguments !== undefined && !isObject(called.arguments)) {
    throw wrongType(called.arguments, `${path}.function.arguments`, 'api.ToolCallFunctionArguments');
  }
}

function readTool(ask: Ask, tool: unknown): void {
  const declared = isObject(tool) ? tool.function : tool;
  if (!isObject(declared)) throw wrongType(declared, 'tools.function', 'api.ToolFunction');
  const { parameters = {} } = declared;
  if (!isObject(parameters)) throw wrongType(parameters, 'tools.function.parameters', 'api.ToolFunctionParameters');
  ask.tools.push({ name: stringOf(declared.name), schema: { type: 'object', ...parameters } });
}

function readFormat(format: unknown): JsonObject | null {
  if (format === undefined || format === null || format === '') return null;
  if (format === 'json') return {};
  if (isObject(format)) return format;
  throw new WireError(400, `invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object`);
}

function readThink(think: unknown): unknown {
  if (think === undefined || think === null || typeof think === 'boolean') return think;
  if (LEVELS.includes(stringOf(think))) return think;
  throw new WireError(
    400,
    `invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", true, or false)`,
  );
}

function checkOptions(options: unknown): void {
  if (options === undefined || options === null) return;
  if (!isObject(options)) throw wrongType(options, 'options', 'map[string]interface {}');
  for (const [name, value] of Object.entries(options)) {
    const wanted = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (wanted === undefined || value === null) continue;
    if (wanted === 'array' ? !Array.isArray(value) : typeof value !== 'number') {
      throw new WireError(400, `option "${name}" must be of type ${wanted}`);
    }
  }
}

function listOf(value: unknown, path: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(value, path, 'slice');
  return value;
}

function expectType(value: unknown, type: 'string' | 'bool', path: string): void {
  const wanted = type === 'bool' ? 'boolean' : type;
  if (value !== undefined && value !== null && typeof value !== wanted) throw wrongType(value, path, type);
}

/** Go's words. */
function wrongType(value: unknown, path: string, type: string): WireError {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return new WireError(400, `json: cannot unmarshal ${kind} into Go struct field ChatRequest.${path} of type ${type}`);
}
