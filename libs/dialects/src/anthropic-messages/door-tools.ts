import type { ChatRequest, ChatTool, ChatToolChoice } from '@parley/contracts';
import { markOf } from './door-blocks.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';

/** Reads tools and the choice among them. Anthropic's own tools stay as they are: the target's dialect decides. */
export function decodeTools(tools: readonly JsonObject[], asked: JsonObject | undefined): Partial<ChatRequest> {
  // Without tools a free choice says nothing, and OpenAI refuses it.
  const isMoot = tools.length === 0 && (asked?.['type'] === 'auto' || asked?.['type'] === 'none');
  const choice = isMoot ? undefined : asked;
  return {
    ...(tools.length > 0 && { tools: tools.map(decodeTool) }),
    ...(choice && { tool_choice: decodeChoice(choice) }),
    ...(choice?.['disable_parallel_tool_use'] === true && { parallel_tool_calls: false }),
  };
}

/** True for a tool that the client runs and describes itself. */
export function isCustomTool({ type }: JsonObject): boolean {
  return type === undefined || type === null || type === 'custom';
}

function decodeTool(tool: JsonObject): ChatTool {
  if (!isCustomTool(tool)) return tool as ChatTool;
  const { description, input_schema: schema, strict } = tool;
  return {
    type: 'function',
    function: {
      name: textOr(tool['name'], ''),
      ...(typeof description === 'string' && { description }),
      ...(isObject(schema) && { parameters: schema }),
      ...(typeof strict === 'boolean' && { strict }),
    },
    ...markOf(tool),
  };
}

function decodeChoice(choice: JsonObject): ChatToolChoice {
  if (choice['type'] === 'tool') return { type: 'function', function: { name: textOr(choice['name'], '') } };
  if (choice['type'] === 'any') return 'required';
  return choice['type'] === 'none' ? 'none' : 'auto';
}
