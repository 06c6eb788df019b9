import type { ChatRequest, ChatTool, ChatToolChoice } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/** Tools that run at the provider. Sources: the API reference of `tools`; `x_search` is xAI's. */
const HOSTED_TOOL = /^(web_search|file_search|code_interpreter|image_generation|mcp|x_search|code_execution)(_|$)/;

/** Writes tools, the choice among them and whether several may be called at once. */
export function encodeTools(request: ChatRequest, target: Target, losses: Loss[]): JsonObject {
  const asked = request.tools ?? [];
  if (asked.length > 0 && target.capabilities.tools === false) {
    losses.push({ param: 'tools', action: 'refused', reason: 'the model cannot call tools' });
  }
  const tools = asked.flatMap((tool, index) => encodeTool(tool, `tools.${index}`, losses));
  if (tools.length === 0) return {};
  const choice = encodeChoice(request.tool_choice);
  return {
    tools,
    ...(choice !== undefined && { tool_choice: choice }),
    ...(typeof request.parallel_tool_calls === 'boolean' && { parallel_tool_calls: request.parallel_tool_calls }),
  };
}

function encodeTool(tool: ChatTool, param: string, losses: Loss[]): JsonObject[] {
  const type: string = tool.type;
  if (type !== 'function') {
    if (HOSTED_TOOL.test(type)) return [tool];
    losses.push({ param, action: 'refused', reason: 'only function tools are supported' });
    return [];
  }
  const { name, description, parameters, strict } = tool.function;
  return [
    {
      type,
      name,
      ...(description && { description }),
      parameters: parameters ?? { type: 'object', properties: {} },
      // Said always: functions are strict here unless told otherwise, while in the hub they are not.
      strict: strict ?? false,
    },
  ];
}

function encodeChoice(choice: ChatToolChoice | null | undefined): unknown {
  if (!isObject(choice)) return choice ?? undefined;
  if (choice.type === 'function') return { type: 'function', name: choice.function.name };
  if (choice.type !== 'allowed_tools') return choice;
  const { mode, tools } = choice.allowed_tools;
  return { type: 'allowed_tools', mode, tools: tools.map(flattenAllowed) };
}

function flattenAllowed(tool: unknown): unknown {
  if (!isObject(tool) || !isObject(tool['function'])) return tool;
  return { type: 'function', name: tool['function']['name'] };
}
