import type { ChatRequest, ChatTool, ChatToolChoice } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { encodeSchema } from './schema.ts';

/** `tools` and `toolConfig`; neither when the request has no tools, as Gemini refuses a choice without any. */
export function encodeTools({ tools, tool_choice }: ChatRequest, losses: Loss[]): JsonObject {
  const declarations = (tools ?? []).flatMap((tool, position) => encodeTool(tool, `tools.${position}`, losses));
  if (declarations.length === 0) return {};
  const config = tool_choice ? encodeToolChoice(tool_choice, losses) : undefined;
  return {
    tools: [{ functionDeclarations: declarations }],
    ...(config && { toolConfig: { functionCallingConfig: config } }),
  };
}

function encodeTool(tool: ChatTool, param: string, losses: Loss[]): JsonObject[] {
  const { type, function: declared }: { type: string; function?: ChatTool['function'] } = tool;
  if (type !== 'function' || !isObject(declared)) {
    losses.push({ param, action: 'refused', reason: `tools of type ${type} have no counterpart` });
    return [];
  }
  const { name, description, parameters, strict } = declared;
  if (strict) {
    losses.push({
      param: `${param}.function.strict`,
      action: 'dropped',
      reason: 'strict arguments cannot be asked for',
    });
  }
  const hasParameters = isObject(parameters) && Object.keys(parameters).length > 0;
  return [
    {
      name,
      ...(description && { description }),
      ...(hasParameters && { parametersJsonSchema: encodeSchema(parameters) }),
    },
  ];
}

/** https://ai.google.dev/api/caching#FunctionCallingConfig */
function encodeToolChoice(choice: ChatToolChoice, losses: Loss[]): JsonObject | undefined {
  if (choice === 'auto') return { mode: 'AUTO' };
  if (choice === 'none') return { mode: 'NONE' };
  if (choice === 'required') return { mode: 'ANY' };
  if (choice.type === 'function') return { mode: 'ANY', allowedFunctionNames: [choice.function.name] };
  if (choice.type === 'allowed_tools') {
    const { mode, tools } = choice.allowed_tools;
    // Names may be given with ANY and VALIDATED only; VALIDATED leaves the model free not to call, as `auto` does.
    return { mode: mode === 'required' ? 'ANY' : 'VALIDATED', allowedFunctionNames: tools.flatMap(readToolName) };
  }
  losses.push({ param: 'tool_choice', action: 'refused', reason: 'this choice has no counterpart' });
  return undefined;
}

function readToolName(tool: unknown): string[] {
  const declared = isObject(tool) ? tool['function'] : undefined;
  const name = isObject(declared) ? declared['name'] : undefined;
  return typeof name === 'string' ? [name] : [];
}
