import type { IncomingHttpHeaders } from 'node:http';
import { type Ask, createAsk } from '../ask.ts';
import { isObject, type JsonObject, stringOf } from '../json.ts';
import type { Route } from '../vendor.ts';
import { invalid } from './errors.ts';
import { readMessages } from './messages.ts';

const TOOL_NAME = /^[\w-]{1,64}$/u;

/** Reads a Converse request; the model and whether to stream stand in the path. Unknown members are ignored, as by Bedrock. */
export function readRequest(body: JsonObject, _headers: IncomingHttpHeaders, route: Route & { kind: 'generate' }): Ask {
  const { messages, system, toolConfig, ...params } = body;
  const ask = createAsk('bedrock', route.model ?? '', route.stream);
  ask.params = params;
  ask.system = readSystem(system);
  ask.promptCharacters = ask.system.length;
  readToolConfig(ask, toolConfig);
  readMessages(ask, messages, toolConfig !== undefined);
  checkInference(body.inferenceConfig);
  readFormat(ask, body.outputConfig);
  readAdditionalFields(ask, body.additionalModelRequestFields);
  return ask;
}

function readSystem(system: unknown): string {
  if (system === undefined) return '';
  if (!Array.isArray(system)) throw invalid('The system field must be a list of SystemContentBlock objects.');
  const texts = system.map((block: unknown, index) => {
    if (!isObject(block)) throw invalid(`The SystemContentBlock object at system.${index} must be an object.`);
    if (block.text === undefined) return '';
    if (stringOf(block.text).trim() === '') {
      throw invalid(
        `The text field in the SystemContentBlock object at system.${index} is blank. Add text and try again.`,
      );
    }
    return stringOf(block.text);
  });
  return texts.filter((text) => text !== '').join('\n');
}

function readToolConfig(ask: Ask, config: unknown): void {
  if (config === undefined) return;
  if (!isObject(config) || !Array.isArray(config.tools) || config.tools.length === 0) {
    throw invalid(
      "Value at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  }
  for (const [index, tool] of config.tools.entries()) readTool(ask, tool, `toolConfig.tools.${index}`);
  readChoice(ask, config.toolChoice);
}

function readTool(ask: Ask, tool: unknown, path: string): void {
  if (!isObject(tool)) throw invalid(`The Tool object at ${path} must be an object.`);
  if (tool.cachePoint !== undefined) return;
  const spec = isObject(tool.systemTool) ? tool.systemTool : tool.toolSpec;
  if (!isObject(spec))
    throw invalid(`The Tool object at ${path} must set one of the following keys: toolSpec, systemTool, cachePoint.`);
  const name = stringOf(spec.name);
  if (!TOOL_NAME.test(name)) {
    throw invalid(
      `Value at '${path}.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`,
    );
  }
  if (ask.tools.some((known) => known.name === name)) throw invalid(`The tool ${name} is already defined at ${path}.`);
  const schema = isObject(spec.inputSchema) ? spec.inputSchema.json : {};
  if (!isObject(schema) || (tool.toolSpec !== undefined && schema.type !== 'object')) {
    throw invalid(`The value at ${path}.toolSpec.inputSchema.json.type must be one of the following: object.`);
  }
  ask.tools.push({ name, schema });
}

function readChoice(ask: Ask, choice: unknown): void {
  if (choice === undefined) return;
  const [kind = '', ...others] = isObject(choice) ? Object.keys(choice) : [];
  if (!isObject(choice) || !['auto', 'any', 'tool'].includes(kind) || others.length > 0) {
    throw invalid(
      'The ToolChoice object at toolConfig.toolChoice must set one of the following keys: auto, any, tool.',
    );
  }
  ask.toolChoice = kind;
  if (kind === 'any') ask.forcedTool = '*';
  if (kind !== 'tool') return;
  const name = isObject(choice.tool) ? stringOf(choice.tool.name) : '';
  if (!ask.tools.some((tool) => tool.name === name)) {
    throw invalid(
      'The specified tool name in toolConfig.toolChoice.tool.name is not in the provided toolConfig.tools.',
    );
  }
  ask.toolChoice = name;
  ask.forcedTool = name;
}

function checkInference(config: unknown): void {
  if (config === undefined) return;
  if (!isObject(config)) throw invalid('The inferenceConfig field must be an object.');
  const { maxTokens, temperature, topP, stopSequences } = config;
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && Number(maxTokens) >= 1)) {
    throw invalid(
      "Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
  }
  for (const [name, value] of Object.entries({ temperature, topP })) {
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value <= 1)) {
      throw invalid(
        `Value at 'inferenceConfig.${name}' failed to satisfy constraint: Member must have value less than or equal to 1`,
      );
    }
  }
  const isText = (text: unknown): boolean => typeof text === 'string' && text !== '';
  if (stopSequences !== undefined && !(Array.isArray(stopSequences) && stopSequences.every(isText))) {
    throw invalid(
      "Value at 'inferenceConfig.stopSequences' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  }
}

/** The schema is a text here. */
function readFormat(ask: Ask, config: unknown): void {
  if (config === undefined) return;
  const format = isObject(config) ? config.textFormat : undefined;
  const structure = isObject(format) ? format.structure : undefined;
  const definition = isObject(structure) ? structure.jsonSchema : undefined;
  if (!isObject(format) || format.type !== 'json_schema' || !isObject(definition)) {
    throw invalid('The outputConfig.textFormat field must set type json_schema and structure.jsonSchema.');
  }
  ask.jsonSchema = parseSchema(definition.schema);
}

function parseSchema(text: unknown): JsonObject {
  try {
    const schema: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
    if (isObject(schema)) return schema;
  } catch {
    // Said below.
  }
  throw invalid('The schema at outputConfig.textFormat.structure.jsonSchema.schema must be a JSON schema as a string.');
}

/** What is passed through to the model, in the words of Claude. */
function readAdditionalFields(ask: Ask, fields: unknown): void {
  if (fields === undefined) return;
  if (!isObject(fields)) throw invalid('The additionalModelRequestFields field must be an object.');
  if (ask.toolChoice !== null && isObject(fields.tool_choice)) {
    throw invalid(
      `The additional field tool_choice/type conflicts with the existing field toolConfig.toolChoice.${ask.toolChoice}. Remove tool_choice/type and try again.`,
    );
  }
  const thinking = isObject(fields.thinking) ? fields.thinking : {};
  ask.reasoningDisabled = thinking.type === 'disabled';
  const thinks = thinking.type === 'enabled' || thinking.type === 'adaptive';
  if (thinks && ask.forcedTool !== null) {
    throw invalid(
      'The model returned the following errors: Thinking may not be enabled when tool_choice forces tool use.',
    );
  }
}
