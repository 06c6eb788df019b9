import { type Ask, createAsk } from '../ask.ts';
import { isObject, type JsonObject, objectsOf, stringOf } from '../json.ts';
import { invalid, wrongType } from './checks.ts';
import { checkFields } from './fields.ts';
import { readMessages } from './messages.ts';

const NAME = /^[a-zA-Z0-9_-]{1,64}$/u;

/** Reads a chat completion request as strictly as OpenAI does. */
export function readRequest(body: JsonObject): Ask {
  checkFields(body);
  checkCombinations(body);
  const { messages, model, stream, tools, ...params } = body;
  const ask = createAsk('openai', stringOf(model), stream === true);
  readMessages(ask, Array.isArray(messages) ? messages : []);
  readTools(ask, tools, body.tool_choice);
  readFormat(ask, body.response_format, messages);
  ask.params = params;
  ask.choiceCount = typeof body.n === 'number' ? body.n : 1;
  ask.logprobs = body.logprobs === true ? Number(body.top_logprobs ?? 0) : null;
  ask.includeUsage = isObject(body.stream_options) && body.stream_options.include_usage === true;
  ask.reasoningDisabled = body.reasoning_effort === 'none';
  return ask;
}

function checkCombinations(body: JsonObject): void {
  if (isSet(body.max_tokens) && isSet(body.max_completion_tokens)) {
    throw invalid("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", 'max_tokens');
  }
  if (isSet(body.stream_options) && body.stream !== true) {
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
  if (isSet(body.top_logprobs) && body.logprobs !== true) {
    throw invalid("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs');
  }
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    if (isSet(body[name]) && body.tools === undefined) {
      throw invalid(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name);
    }
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function readTools(ask: Ask, tools: unknown, choice: unknown): void {
  if (tools === undefined) return;
  for (const [index, tool] of (Array.isArray(tools) ? tools : []).entries()) {
    const path = `tools[${index}]`;
    if (!isObject(tool)) throw wrongType(path, 'an object', tool);
    if (tool.type === 'custom' && isObject(tool.custom)) {
      ask.tools.push({ name: stringOf(tool.custom.name), schema: {} });
      continue;
    }
    if (tool.type !== 'function') {
      const message = `Invalid value: '${stringOf(tool.type)}'. Supported values are: 'function' and 'custom'.`;
      throw invalid(message, `${path}.type`, 'invalid_value');
    }
    ask.tools.push(readFunction(tool.function, `${path}.function`));
  }
  readToolChoice(ask, choice);
}

/** Reads a declared function: below `function` in chat, the tool itself in Responses. */
export function readFunction(declared: unknown, path: string): Ask['tools'][number] {
  if (!isObject(declared) || declared.name === undefined) {
    throw invalid(`Missing required parameter: '${path}.name'.`, `${path}.name`, 'missing_required_parameter');
  }
  const name = stringOf(declared.name);
  if (!NAME.test(name)) {
    const message = `Invalid '${path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`;
    throw invalid(message, `${path}.name`, 'invalid_value');
  }
  const schema = declared.parameters ?? { type: 'object', properties: {} };
  if (!isObject(schema)) throw wrongType(`${path}.parameters`, 'an object', schema);
  if (schema.type !== 'object') {
    const message = `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${stringOf(schema.type) || 'None'}"'.`;
    throw invalid(message, `${path}.parameters`, 'invalid_function_parameters');
  }
  if (declared.strict === true && schema.additionalProperties !== false) {
    const message = `Invalid schema for function '${name}': In context=(), 'additionalProperties' is required to be supplied and to be false.`;
    throw invalid(message, `${path}.parameters`, 'invalid_function_parameters');
  }
  return { name, schema };
}

function readToolChoice(ask: Ask, choice: unknown): void {
  if (choice === undefined) return;
  if (typeof choice === 'string') {
    if (!['none', 'auto', 'required'].includes(choice)) {
      const message = `Invalid value: '${choice}'. Supported values are: 'none', 'auto', and 'required'.`;
      throw invalid(message, 'tool_choice', 'invalid_value');
    }
    ask.toolChoice = choice;
    ask.forcedTool = choice === 'required' ? '*' : null;
    return;
  }
  if (!isObject(choice)) throw wrongType('tool_choice', 'one of an object or a string', choice);
  const named = isObject(choice.function) ? choice.function : isObject(choice.custom) ? choice.custom : {};
  if (choice.type === 'allowed_tools') {
    ask.toolChoice = 'allowed_tools';
    return;
  }
  const name = stringOf(named.name);
  if (!ask.tools.some((tool) => tool.name === name)) {
    throw invalid(`Invalid value for 'tool_choice': no function named '${name}' was specified.`, 'tool_choice');
  }
  ask.toolChoice = name;
  ask.forcedTool = name;
}

function readFormat(ask: Ask, format: unknown, messages: unknown): void {
  if (!isObject(format)) return;
  if (format.type === 'json_schema') {
    const declared = isObject(format.json_schema) ? format.json_schema : {};
    const path = 'response_format.json_schema';
    if (typeof declared.name !== 'string' || !NAME.test(declared.name)) {
      throw invalid(`Missing required parameter: '${path}.name'.`, `${path}.name`, 'missing_required_parameter');
    }
    const schema = isObject(declared.schema) ? declared.schema : {};
    if (declared.strict === true && schema.additionalProperties !== false) {
      const message = `Invalid schema for response_format '${declared.name}': In context=(), 'additionalProperties' is required to be supplied and to be false.`;
      throw invalid(message, 'response_format');
    }
    ask.jsonSchema = schema;
  } else if (format.type === 'json_object') {
    if (!/json/iu.test(JSON.stringify(objectsOf(messages).map((message) => message.content)))) {
      const message =
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
      throw invalid(message, 'messages');
    }
    ask.jsonSchema = {};
  } else if (format.type !== 'text') {
    const message = `Invalid value: '${stringOf(format.type)}'. Supported values are: 'json_object', 'json_schema', and 'text'.`;
    throw invalid(message, 'response_format.type', 'invalid_value');
  }
}
