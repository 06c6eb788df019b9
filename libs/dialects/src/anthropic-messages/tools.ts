import type { ChatRequest, ChatTool, ChatToolChoice } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import type { Turn } from './messages.ts';
import { encodeSchema } from './schema.ts';

export type EncodedTools = { tools?: JsonObject[]; tool_choice?: JsonObject };

/** Anthropic's own tools name their version (`web_search_20250305`); `mcp_toolset` belongs to `mcp_servers`. */
const NATIVE_TOOL = /_\d{8}$|^mcp_toolset$/;

/** Writes tools, the choice among them and whether several may be called at once. */
export function encodeTools(request: ChatRequest, target: Target, turns: Turn[], losses: Loss[]): EncodedTools {
  const wanted = (request.tools ?? []).length > 0;
  if (wanted && target.capabilities.tools === false) {
    losses.push({ param: 'tools', action: 'refused', reason: 'the model cannot call tools' });
  }
  const allowed = allowedNames(request.tool_choice);
  const tools = (request.tools ?? []).flatMap((tool, index) =>
    allowed && !allowed.has(toolName(tool)) ? [] : encodeTool(tool, `tools.${index}`, target, losses),
  );
  if (tools.length === 0) return standInTools(turns);
  const choice = encodeChoice(request.tool_choice);
  if (request.parallel_tool_calls !== false || choice?.['type'] === 'none') {
    return { tools, ...(choice && { tool_choice: choice }) };
  }
  return { tools, tool_choice: { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true } };
}

function toolName(tool: unknown): unknown {
  if (!isObject(tool)) return undefined;
  return isObject(tool['function']) ? tool['function']['name'] : tool['name'];
}

function allowedNames(choice: ChatToolChoice | null | undefined): Set<unknown> | undefined {
  if (!isObject(choice) || choice.type !== 'allowed_tools') return undefined;
  return new Set(choice.allowed_tools.tools.map(toolName));
}

function encodeTool(tool: ChatTool, param: string, target: Target, losses: Loss[]): JsonObject[] {
  if (tool.type !== 'function') {
    const native: JsonObject = tool;
    if (typeof native['type'] === 'string' && NATIVE_TOOL.test(native['type'])) return [native];
    losses.push({ param, action: 'refused', reason: 'only function tools are supported' });
    return [];
  }
  const { name, description, parameters, strict } = tool.function;
  const strictly = strict === true && target.capabilities.json_schema !== false;
  if (strict === true && !strictly) {
    losses.push({ param: `${param}.function.strict`, action: 'dropped', reason: 'the model has no strict tools' });
  }
  const schema: JsonObject = { type: 'object', ...(parameters ?? { properties: {} }) };
  return [
    {
      name,
      ...(description && { description }),
      input_schema: strictly ? encodeSchema(schema, `${param}.function.parameters`, losses) : schema,
      ...(strictly && { strict: true }),
      ...(tool.cache_control && { cache_control: tool.cache_control }),
    },
  ];
}

function encodeChoice(choice: ChatToolChoice | null | undefined): JsonObject | undefined {
  if (choice === 'auto' || choice === 'none') return { type: choice };
  if (choice === 'required') return { type: 'any' };
  if (!isObject(choice)) return undefined;
  if (choice.type === 'function') return { type: 'tool', name: choice.function.name };
  return { type: choice.allowed_tools.mode === 'required' ? 'any' : 'auto' };
}

/**
 * A conversation that holds tool calls needs `tools` even when no more calls are wanted, or Anthropic refuses it. The
 * stand-ins carry the names of the past calls and may not be called.
 */
function standInTools(turns: Turn[]): EncodedTools {
  const calls = turns.flatMap((turn) => turn.content).filter((block) => block['type'] === 'tool_use');
  const names = new Set(calls.map((block) => block['name']));
  if (names.size === 0) return {};
  const tools = [...names].map((name) => ({ name, input_schema: { type: 'object', properties: {} } }));
  return { tools, tool_choice: { type: 'none' } };
}

/** True for a choice that makes the model call a tool, which does not go together with thinking. */
export function isForced(choice: JsonObject): boolean {
  return choice['type'] === 'any' || choice['type'] === 'tool';
}
