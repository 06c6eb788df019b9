import type { IncomingHttpHeaders } from 'node:http';
import { type Ask, createAsk } from '../ask.ts';
import { isObject, type JsonObject, stringOf } from '../json.ts';
import type { Route } from '../vendor.ts';
import { readContents, readSystem } from './contents.ts';
import { checkNumber, checkSchema, FIELDS, invalid, readList, readMessage, readOptional } from './fields.ts';

const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/u;
const MODES = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'];

/** Reads a generateContent request as strictly as Google does. */
export function readRequest(body: JsonObject, _headers: IncomingHttpHeaders, route: Route & { kind: 'generate' }): Ask {
  const request = readMessage(body, FIELDS.request, '');
  const ask = createAsk('gemini', route.model ?? '', route.stream);
  ask.framing = route.framing;
  readSystem(ask, request.systemInstruction);
  readContents(ask, request.contents);
  readTools(ask, request.tools);
  readToolConfig(ask, request.toolConfig);
  readGenerationConfig(ask, request.generationConfig);
  return ask;
}

function readTools(ask: Ask, value: unknown): void {
  for (const [index, entry] of readList(value, 'tools').entries()) {
    const path = `tools[${index}]`;
    const tool = readMessage(entry, FIELDS.tool, path);
    const declarations = readList(tool.functionDeclarations, `${path}.function_declarations`);
    for (const [position, declared] of declarations.entries()) {
      ask.tools.push(readDeclaration(declared, `${path}.function_declarations[${position}]`));
    }
  }
}

function readDeclaration(value: unknown, path: string): Ask['tools'][number] {
  const declaration = readMessage(value, FIELDS.functionDeclaration, path);
  const name = stringOf(declaration.name);
  const where = `* GenerateContentRequest.${path}`;
  if (!NAME.test(name)) {
    throw invalid(`${where}.name: Invalid function name. Must start with a letter or an underscore.`);
  }
  const { parameters, parametersJsonSchema } = declaration;
  if (parameters !== undefined && parametersJsonSchema !== undefined) {
    throw invalid(`${where}: parameters and parameters_json_schema must not both be set.`);
  }
  if (parameters !== undefined) return { name, schema: checkSchema(parameters, `${path}.parameters`) };
  return { name, schema: isObject(parametersJsonSchema) ? parametersJsonSchema : { type: 'object' } };
}

function readToolConfig(ask: Ask, value: unknown): void {
  const config = readOptional(value, FIELDS.toolConfig, 'tool_config');
  const path = 'tool_config.function_calling_config';
  const calling = readOptional(config.functionCallingConfig, FIELDS.functionCallingConfig, path);
  // Google reads the names of modes in any case.
  const mode = calling.mode === undefined ? null : stringOf(calling.mode).toUpperCase();
  const allowed = readList(calling.allowedFunctionNames, `${path}.allowed_function_names`).map(stringOf);
  if (mode !== null && !MODES.includes(mode)) {
    throw invalid(`Invalid value at '${path}.mode' (type.googleapis.com/...FunctionCallingConfig.Mode), "${mode}"`);
  }
  if (allowed.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED') {
    throw invalid('Function calling mode must be ANY or VALIDATED when allowed_function_names is set.');
  }
  const missing = allowed.find((name) => !ask.tools.some((tool) => tool.name === name));
  if (missing !== undefined) throw invalid(`${path}.allowed_function_names: unknown function ${missing}`);
  ask.toolChoice = allowed.length > 0 ? allowed.join(',') : mode;
  if (mode === 'ANY') ask.forcedTool = allowed[0] ?? '*';
}

function readGenerationConfig(ask: Ask, value: unknown): void {
  const config = readOptional(value, FIELDS.generationConfig, 'generation_config');
  for (const name of ['temperature', 'topP', 'presencePenalty', 'frequencyPenalty']) {
    checkNumber(config[name], `generation_config.${name}`, 'TYPE_FLOAT');
  }
  for (const name of ['maxOutputTokens', 'candidateCount', 'seed', 'logprobs', 'topK']) {
    checkNumber(config[name], `generation_config.${name}`, 'TYPE_INT32');
  }
  if (Number(config.temperature ?? 0) < 0 || Number(config.temperature ?? 0) > 2) {
    throw invalid(
      '* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].',
    );
  }
  if (readList(config.stopSequences, 'generation_config.stop_sequences').length > 5) {
    throw invalid('* GenerateContentRequest.generation_config.stop_sequences: at most 5 stop sequences are allowed.');
  }
  readFormat(ask, config);
  ask.choiceCount = readCandidateCount(config.candidateCount);
  if (config.logprobs !== undefined && config.responseLogprobs !== true) {
    throw invalid('Logprobs is only supported when response_logprobs is true.');
  }
  ask.logprobs = config.responseLogprobs === true ? Number(config.logprobs ?? 0) : null;
  const thinking = readOptional(config.thinkingConfig, FIELDS.thinkingConfig, 'generation_config.thinking_config');
  ask.reasoningDisabled = thinking.thinkingBudget === 0;
  ask.params = config;
}

function readCandidateCount(value: unknown): number {
  const count = Number(value ?? 1);
  if (count >= 1 && count <= 8) return count;
  throw invalid('* GenerateContentRequest.generation_config.candidate_count: must be in the range [1, 8].');
}

function readFormat(ask: Ask, config: JsonObject): void {
  const { responseMimeType: mime, responseSchema, responseJsonSchema } = config;
  const isJson = mime === 'application/json';
  if (mime !== undefined && !isJson && mime !== 'text/plain' && mime !== 'text/x.enum') {
    throw invalid(
      `* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are \`text/plain\`, \`application/json\`, \`application/xml\`, \`application/yaml\` and \`text/x.enum\`.`,
    );
  }
  if ((responseSchema ?? responseJsonSchema) !== undefined && !isJson && mime !== 'text/x.enum') {
    throw invalid(
      'Function calling with a response mime type: response schema needs response_mime_type application/json.',
    );
  }
  if (responseSchema !== undefined && responseJsonSchema !== undefined) {
    throw invalid('Only one of response_schema and response_json_schema may be set.');
  }
  if (responseSchema !== undefined) ask.jsonSchema = checkSchema(responseSchema, 'generation_config.response_schema');
  else if (isObject(responseJsonSchema)) ask.jsonSchema = responseJsonSchema;
  else if (isJson) ask.jsonSchema = {};
}
