import type { IncomingHttpHeaders } from 'node:http';
import { type Ask, createAsk } from '../ask.ts';
import { isObject, type JsonObject, stringOf } from '../json.ts';
import type { Route } from '../vendor.ts';
import { checkFields, integer, invalid } from './fields.ts';
import { checkTurns, joinTurns, readTurns } from './messages.ts';

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/u;
const MIN_THINKING_TOKENS = 1024;

/** Reads a Messages request as strictly as Anthropic does. */
export function readRequest(
  body: JsonObject,
  headers: IncomingHttpHeaders,
  { counts: isCount = false }: Pick<Route & { kind: 'generate' }, 'counts'>,
): Ask {
  if (headers['anthropic-version'] === undefined) throw invalid('anthropic-version: header is required');
  checkFields(body, headers['anthropic-beta'] !== undefined, isCount);
  const { messages, model, system, stream, tools, tool_choice: choice, ...params } = body;
  const ask = createAsk('anthropic', stringOf(model), stream === true);
  ask.isCount = isCount;
  ask.params = params;
  ask.system = readSystem(system);
  ask.promptCharacters = ask.system.length;
  const turns = joinTurns(Array.isArray(messages) ? messages : []);
  checkTurns(turns, isObject(body.thinking) && body.thinking.type === 'enabled');
  readTurns(ask, turns);
  readTools(ask, tools);
  readToolChoice(ask, choice);
  readThinking(ask, body);
  readFormat(ask, body);
  return ask;
}

function readSystem(system: unknown): string {
  if (system === undefined) return '';
  if (typeof system === 'string') return system;
  if (!Array.isArray(system)) throw invalid('system: Input should be a valid string or list');
  const texts = system.map((block: unknown, index) => {
    if (!isObject(block) || block.type !== 'text') throw invalid(`system.${index}.type: Input should be 'text'`);
    if (stringOf(block.text) === '') throw invalid('system: text content blocks must be non-empty');
    return stringOf(block.text);
  });
  return texts.join('\n');
}

function readTools(ask: Ask, tools: unknown): void {
  if (tools === undefined) return;
  if (!Array.isArray(tools)) throw invalid('tools: Input should be a valid list');
  for (const [index, tool] of tools.entries()) {
    const path = `tools.${index}`;
    if (!isObject(tool)) throw invalid(`${path}: Input should be a valid dictionary`);
    const name = stringOf(tool.name);
    // Anthropic's own tools (web_search_20250305...) are known by their type and bring no schema.
    const isCustom = tool.type === undefined || tool.type === null || tool.type === 'custom';
    if (name === '') throw invalid(`${path}${isCustom ? '.custom' : ''}.name: Field required`);
    if (!isCustom) {
      ask.tools.push({ name, schema: {} });
      continue;
    }
    if (!TOOL_NAME.test(name)) {
      throw invalid(`${path}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    }
    const schema = tool.input_schema;
    if (!isObject(schema)) throw invalid(`${path}.custom.input_schema: Field required`);
    if (schema.type === undefined) throw invalid(`${path}.custom.input_schema.type: Field required`);
    if (schema.type !== 'object') throw invalid(`${path}.custom.input_schema.type: Input should be 'object'`);
    if (ask.tools.some((known) => known.name === name)) throw invalid('tools: Tool names must be unique.');
    ask.tools.push({ name, schema });
  }
}

function readToolChoice(ask: Ask, choice: unknown): void {
  if (choice === undefined) return;
  if (!isObject(choice)) throw invalid('tool_choice: Input should be a valid dictionary');
  const type = stringOf(choice.type);
  if (!['auto', 'any', 'tool', 'none'].includes(type)) {
    const found = `Input tag '${type}' found using 'type' does not match any of the expected tags`;
    throw invalid(`tool_choice: ${found}: 'any', 'auto', 'none', 'tool'`);
  }
  if (ask.tools.length === 0) throw invalid('tool_choice: may only be specified while providing tools.');
  ask.toolChoice = type;
  if (type === 'any') ask.forcedTool = '*';
  if (type === 'tool') {
    const name = stringOf(choice.name);
    if (name === '') throw invalid('tool_choice.tool.name: Field required');
    if (!ask.tools.some((tool) => tool.name === name)) throw invalid(`Tool '${name}' not found in provided tools`);
    ask.toolChoice = name;
    ask.forcedTool = name;
  }
}

/** https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking: what thinking forbids. */
function readThinking(ask: Ask, body: JsonObject): void {
  if (body.thinking === undefined) return;
  const thinking = isObject(body.thinking) ? body.thinking : {};
  ask.reasoningDisabled = thinking.type === 'disabled';
  if (!['enabled', 'disabled', 'adaptive', 'between-tools'].includes(stringOf(thinking.type))) {
    throw invalid("thinking.type: Input should be 'adaptive', 'between-tools', 'disabled' or 'enabled'");
  }
  if (thinking.type !== 'enabled') return;
  integer(MIN_THINKING_TOKENS)(thinking.budget_tokens, 'thinking.enabled.budget_tokens');
  if (!ask.isCount && Number(body.max_tokens) <= Number(thinking.budget_tokens)) {
    throw invalid('`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (body.temperature !== undefined && body.temperature !== 1) {
    throw invalid('`temperature` may only be set to 1 when thinking is enabled.');
  }
  if (ask.forcedTool !== null) throw invalid('Thinking may not be enabled when tool_choice forces tool use.');
}

function readFormat(ask: Ask, body: JsonObject): void {
  const format = isObject(body.output_config) ? body.output_config.format : body.output_format;
  if (format === undefined || format === null) return;
  if (!isObject(format) || format.type !== 'json_schema') {
    throw invalid("output_config.format.type: Input should be 'json_schema'");
  }
  if (!isObject(format.schema)) throw invalid('output_config.format.schema: Field required');
  ask.jsonSchema = format.schema;
}
