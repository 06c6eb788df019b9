import type { ChatRequest, ChatTool, ChatToolChoice } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { allowedToolNames, forcesCall } from '../tool-choice.ts';

/** Writes tools, the choice among them and whether they are strict; a tool is forced by sending it alone. */
export function encodeTools(request: ChatRequest, target: Target, losses: Loss[]): JsonObject {
  const { tools, tool_choice: choice } = request;
  if (!tools || tools.length === 0) return {};
  if (target.capabilities.tools === false) {
    losses.push({ param: 'tools', action: 'refused', reason: 'the model cannot call tools' });
    return {};
  }
  if (request.parallel_tool_calls === false && choice !== 'none') {
    losses.push({
      param: 'parallel_tool_calls',
      action: 'dropped',
      reason: 'several calls at once cannot be ruled out',
    });
  }
  const allowed = allowedToolNames(choice);
  const chosen = tools.flatMap((tool, index) =>
    allowed && !allowed.has(tool.function?.name) ? [] : [{ tool, param: `tools.${index}` }],
  );
  const encoded = chosen.flatMap(({ tool, param }) => encodeTool(tool, param, losses));
  if (encoded.length === 0) return {};
  return { tools: encoded, ...encodeChoice(choice), ...encodeStrictness(chosen, losses) };
}

function encodeTool(tool: ChatTool, param: string, losses: Loss[]): JsonObject[] {
  const { type, function: declared }: { type: string; function?: ChatTool['function'] } = tool;
  if (type !== 'function' || !isObject(declared)) {
    losses.push({ param, action: 'refused', reason: 'only function tools are supported' });
    return [];
  }
  const { name, description, parameters } = declared;
  const schema = { type: 'object', properties: {}, ...parameters };
  return [{ type, function: { name, ...(description && { description }), parameters: schema } }];
}

/** https://docs.cohere.com/docs/tool-use-parameter-types: free choice is what stands where nothing is said. */
function encodeChoice(choice: ChatToolChoice | null | undefined): JsonObject {
  if (choice === 'none') return { tool_choice: 'NONE' };
  return forcesCall(choice) ? { tool_choice: 'REQUIRED' } : {};
}

/**
 * Strictness is one for all tools, each of which must then require something.
 * Source: https://docs.cohere.com/docs/structured-outputs#structured-outputs-tools
 */
function encodeStrictness(chosen: { tool: ChatTool; param: string }[], losses: Loss[]): JsonObject {
  const strict = chosen.filter(({ tool }) => tool.function?.strict === true);
  if (strict.length === 0) return {};
  if (strict.length === chosen.length && strict.every(({ tool }) => requiresSomething(tool))) {
    return { strict_tools: true };
  }
  for (const { param } of strict) {
    const reason = 'only all tools together can be strict, and each must require a parameter';
    losses.push({ param: `${param}.function.strict`, action: 'dropped', reason });
  }
  return {};
}

function requiresSomething({ function: { parameters } }: ChatTool): boolean {
  const required = parameters?.['required'];
  return Array.isArray(required) && required.length > 0;
}
