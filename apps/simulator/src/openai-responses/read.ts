import { type Ask, createAsk } from '../ask.ts';
import { isObject, type JsonObject, stringOf } from '../json.ts';
import { invalid, wrongType } from '../openai/checks.ts';
import { readFunction } from '../openai/read.ts';
import { checkFields } from './fields.ts';
import { readItems } from './items.ts';

const FORMAT_NAME = /^[a-zA-Z0-9_-]{1,64}$/u;
const HOSTED_TOOL =
  /^(web_search|file_search|computer|code_interpreter|image_generation|mcp|local_shell|shell|apply_patch|tool_search|namespace)/u;

/** Reads a Responses request as strictly as OpenAI does. */
export function readRequest(body: JsonObject): Ask {
  checkFields(body);
  const { input, model, stream, tools, instructions, ...params } = body;
  const ask = createAsk('openai-responses', stringOf(model), stream === true);
  ask.system = stringOf(instructions);
  ask.promptCharacters = ask.system.length;
  if (typeof input === 'string') readItems(ask, [{ role: 'user', content: input }]);
  else if (Array.isArray(input)) readItems(ask, input);
  else throw wrongType('input', 'one of a string or array of input items', input);
  readTools(ask, tools, body.tool_choice);
  if (isObject(body.text)) readFormat(ask, body.text.format, input);
  ask.params = params;
  ask.logprobs = listOf(body.include).includes('message.output_text.logprobs') ? Number(body.top_logprobs ?? 0) : null;
  ask.reasoningDisabled = isObject(body.reasoning) && body.reasoning.effort === 'none';
  return ask;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function readTools(ask: Ask, tools: unknown, choice: unknown): void {
  for (const [index, tool] of listOf(tools).entries()) {
    const path = `tools[${index}]`;
    if (!isObject(tool)) throw wrongType(path, 'an object', tool);
    const type = stringOf(tool.type);
    if (type === 'function') ask.tools.push(readFunction(tool, path));
    else if (type === 'custom') ask.tools.push({ name: stringOf(tool.name), schema: {} });
    else if (!HOSTED_TOOL.test(type)) {
      const message = `Invalid value: '${type}'. Supported values are: 'function', 'custom', and those of hosted tools.`;
      throw invalid(message, `${path}.type`, 'invalid_value');
    }
  }
  if (choice !== undefined && choice !== null) readToolChoice(ask, choice);
}

function readToolChoice(ask: Ask, choice: unknown): void {
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
  if (choice.type !== 'function') {
    ask.toolChoice = stringOf(choice.type);
    return;
  }
  const name = stringOf(choice.name);
  if (!ask.tools.some((tool) => tool.name === name)) {
    throw invalid(`Tool choice 'function' not found in 'tools' parameter.`, 'tool_choice');
  }
  ask.toolChoice = name;
  ask.forcedTool = name;
}

function readFormat(ask: Ask, format: unknown, input: unknown): void {
  if (format === undefined || format === null) return;
  if (!isObject(format)) throw wrongType('text.format', 'an object', format);
  if (format.type === 'json_schema') {
    for (const [field, isThere] of [
      ['name', typeof format.name === 'string' && FORMAT_NAME.test(format.name)],
      ['schema', isObject(format.schema)],
    ] as const) {
      const path = `text.format.${field}`;
      if (!isThere) throw invalid(`Missing required parameter: '${path}'.`, path, 'missing_required_parameter');
    }
    const schema = isObject(format.schema) ? format.schema : {};
    if (format.strict === true && schema.additionalProperties !== false) {
      const message = `Invalid schema for response_format '${stringOf(format.name)}': In context=(), 'additionalProperties' is required to be supplied and to be false.`;
      throw invalid(message, 'text.format.schema', 'invalid_json_schema');
    }
    ask.jsonSchema = schema;
  } else if (format.type === 'json_object') {
    if (!/json/iu.test(JSON.stringify(input))) {
      const message =
        "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
      throw invalid(message, 'input');
    }
    ask.jsonSchema = {};
  } else if (format.type !== 'text') {
    const message = `Invalid value: '${stringOf(format.type)}'. Supported values are: 'json_object', 'json_schema', and 'text'.`;
    throw invalid(message, 'text.format.type', 'invalid_value');
  }
}
