import { invalidRequest, type ChatRequest, type ChatTool, type ChatToolChoice } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { fieldsOf, listOf, optionalFields, requiredText, textIn, textsIn } from './door-fields.ts';
import { decodeSchema } from './door-schema.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/** `tools` and `toolConfig` in the hub's words. https://ai.google.dev/api/caching#Tool */
export function decodeTools(request: JsonObject, losses: Loss[]): Pick<ChatRequest, 'tools' | 'tool_choice'> {
  const tools = listOf(request['tools']).flatMap((tool, at) => decodeTool(tool, `tools.${at}`, losses));
  const config = optionalFields(request['toolConfig'], 'toolConfig');
  for (const field of Object.keys(config)) {
    if (field === 'functionCallingConfig') continue;
    losses.push({ param: `toolConfig.${field}`, action: 'dropped', reason: 'only Gemini knows it' });
  }
  const choice = decodeChoice(config['functionCallingConfig']);
  return {
    ...(tools.length > 0 && { tools }),
    ...(tools.length > 0 && choice && { tool_choice: choice }),
  };
}

function decodeTool(value: unknown, param: string, losses: Loss[]): ChatTool[] {
  const { functionDeclarations, ...others } = fieldsOf(value, param);
  for (const kind of Object.keys(others)) {
    const reason = 'tools that Google runs itself have no counterpart';
    losses.push({ param: `${param}.${kind}`, action: 'refused', reason });
  }
  return listOf(functionDeclarations).map((declaration, at) =>
    decodeDeclaration(declaration, `${param}.functionDeclarations.${at}`, losses),
  );
}

function decodeDeclaration(value: unknown, param: string, losses: Loss[]): ChatTool {
  const declared = fieldsOf(value, param);
  const description = textIn(declared, 'description', param);
  for (const field of ['behavior', 'response', 'responseJsonSchema']) {
    if (declared[field] === undefined) continue;
    losses.push({ param: `${param}.${field}`, action: 'dropped', reason: 'only Gemini knows it' });
  }
  const parameters = decodeParameters(declared, param);
  return {
    type: 'function',
    function: {
      name: requiredText(declared, 'name', param),
      ...(description !== undefined && { description }),
      ...(parameters && { parameters }),
    },
  };
}

function decodeParameters(declared: JsonObject, param: string): JsonObject | undefined {
  const { parametersJsonSchema: standard, parameters } = declared;
  if (isObject(standard)) return standard;
  if (parameters === undefined) return undefined;
  if (!isObject(parameters)) throw invalidRequest(`${param}.parameters`, 'must be an object');
  return decodeSchema(parameters);
}

/** https://ai.google.dev/api/caching#FunctionCallingConfig */
function decodeChoice(value: unknown): ChatToolChoice | undefined {
  const param = 'toolConfig.functionCallingConfig';
  const config = optionalFields(value, param);
  const mode = textIn(config, 'mode', param)?.toUpperCase();
  const names = textsIn(config, 'allowedFunctionNames', param);
  switch (mode) {
    case undefined:
    case 'MODE_UNSPECIFIED':
      return undefined;
    case 'AUTO':
      return 'auto';
    case 'NONE':
      return 'none';
    case 'ANY':
      if (names.length === 1) return { type: 'function', function: { name: names[0]! } };
      return names.length === 0 ? 'required' : allow('required', names);
    case 'VALIDATED':
      return names.length === 0 ? 'auto' : allow('auto', names);
    default:
      throw invalidRequest(`${param}.mode`, 'must be "AUTO", "ANY", "NONE" or "VALIDATED"');
  }
}

const allow = (mode: 'auto' | 'required', names: string[]): ChatToolChoice => ({
  type: 'allowed_tools',
  allowed_tools: { mode, tools: names.map((name) => ({ type: 'function', function: { name } })) },
});
