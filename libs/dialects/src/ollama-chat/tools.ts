import type { ChatRequest, ChatTool } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { allowedToolNames, forcesCall } from '../tool-choice.ts';

/**
 * Writes the tools. Ollama has no `tool_choice`: tools that must not be called are left out, and that one must be called
 * cannot be said.
 */
export function encodeTools(request: ChatRequest, target: Target, losses: Loss[]): { tools?: JsonObject[] } {
  const { tools, tool_choice: choice } = request;
  if (!tools || tools.length === 0) return {};
  if (target.capabilities.tools === false) {
    losses.push({ param: 'tools', action: 'refused', reason: 'the model cannot call tools' });
    return {};
  }
  if (request.parallel_tool_calls === false) {
    losses.push({
      param: 'parallel_tool_calls',
      action: 'dropped',
      reason: 'several calls at once cannot be ruled out',
    });
  }
  if (choice === 'none') {
    losses.push({ param: 'tool_choice', action: 'emulated', reason: 'the tools were left out' });
    return {};
  }
  const allowed = allowedToolNames(choice);
  if (forcesCall(choice)) {
    losses.push({ param: 'tool_choice', action: 'dropped', reason: 'a call cannot be forced' });
  }
  const encoded = tools.flatMap((tool, index) =>
    allowed && !allowed.has(tool.function?.name) ? [] : encodeTool(tool, `tools.${index}`, losses),
  );
  return encoded.length > 0 ? { tools: encoded } : {};
}

function encodeTool(tool: ChatTool, param: string, losses: Loss[]): JsonObject[] {
  const { type, function: declared }: { type: string; function?: ChatTool['function'] } = tool;
  if (type !== 'function' || !isObject(declared)) {
    losses.push({ param, action: 'refused', reason: 'only function tools are supported' });
    return [];
  }
  const { name, description, parameters, strict } = declared;
  if (strict === true) {
    const reason = 'strict arguments cannot be asked for';
    losses.push({ param: `${param}.function.strict`, action: 'dropped', reason });
  }
  const schema = isObject(parameters) ? parameters : {};
  return [
    {
      type,
      function: {
        name,
        ...(description && { description }),
        parameters: { type: 'object', properties: {}, ...schema },
      },
    },
  ];
}
