import type { ChatRequest, ChatTool, ChatToolChoice } from '@parley/contracts';
import { encodeSchema } from '../anthropic-messages/schema.ts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { encodeCachePoint } from './content.ts';
import type { Turn } from './messages.ts';
import { isClaude } from './model-words.ts';

/** `instruction` ends the system prompt; `fields` are in the words of the model's maker. */
export type EncodedTools = { toolConfig?: JsonObject; instruction?: string; fields?: JsonObject };

const NO_CALLS = 'Do not call any tool in this answer.';

/**
 * Writes tools and the choice among them. Converse has no word for "call none": then the tools are left out, or, where
 * the conversation holds calls and Bedrock insists on them, the system prompt asks for it.
 */
export function encodeTools(
  request: ChatRequest,
  target: Target,
  turns: Turn[],
  thinks: boolean,
  losses: Loss[],
): EncodedTools {
  if ((request.tools ?? []).length > 0 && target.capabilities.tools === false) {
    losses.push({ param: 'tools', action: 'refused', reason: 'the model cannot call tools' });
  }
  const allowed = allowedNames(request.tool_choice);
  const tools = (request.tools ?? []).flatMap((tool, index) =>
    allowed && !allowed.has(toolName(tool)) ? [] : encodeTool(tool, `tools.${index}`, target, losses),
  );
  if (tools.length === 0) return standInTools(turns);
  if (request.tool_choice === 'none') return withoutCalls(tools, turns, losses);
  const choice = encodeChoice(request.tool_choice, thinks, losses);
  return {
    toolConfig: { tools, ...(choice && { toolChoice: choice }) },
    ...encodeParallel(request, target, choice !== undefined, losses),
  };
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
    // Tools that Bedrock runs itself: `{"type": "system_tool", "systemTool": {"name": "nova_grounding"}}`.
    if (isObject(native['systemTool'])) return [{ systemTool: native['systemTool'] }];
    losses.push({ param, action: 'refused', reason: 'only function tools are supported' });
    return [];
  }
  const { name, description, parameters, strict } = tool.function;
  const strictly = strict === true && target.capabilities.json_schema === true;
  if (strict === true && !strictly) {
    losses.push({ param: `${param}.function.strict`, action: 'dropped', reason: 'the model has no strict tools' });
  }
  const schema: JsonObject = { type: 'object', ...(parameters ?? { properties: {} }) };
  const json = strictly ? encodeSchema(schema, `${param}.function.parameters`, losses) : schema;
  const toolSpec = { name, ...(description && { description }), inputSchema: { json }, ...(strictly && { strict }) };
  return [{ toolSpec }, ...encodeCachePoint(tool.cache_control, param, target.upstreamModel, losses, 'inTools')];
}

/** `auto` is what holds when nothing is said, and not every model lets it be said. */
function encodeChoice(
  choice: ChatToolChoice | null | undefined,
  thinks: boolean,
  losses: Loss[],
): JsonObject | undefined {
  const forced = forcedChoice(choice);
  if (!forced || !thinks) return forced;
  losses.push({ param: 'tool_choice', action: 'dropped', reason: 'a forced call does not go together with reasoning' });
  return undefined;
}

function forcedChoice(choice: ChatToolChoice | null | undefined): JsonObject | undefined {
  if (choice === 'required') return { any: {} };
  if (!isObject(choice)) return undefined;
  if (choice.type === 'function') return { tool: { name: choice.function.name } };
  return choice.allowed_tools.mode === 'required' ? { any: {} } : undefined;
}

/** Only Claude can be told to call one tool at a time, and only beside a free choice: the two fields would conflict. */
function encodeParallel(request: ChatRequest, target: Target, isForced: boolean, losses: Loss[]): EncodedTools {
  if (request.parallel_tool_calls !== false) return {};
  if (isClaude(target.upstreamModel) && !isForced) {
    return { fields: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } } };
  }
  const reason = 'calls cannot be limited to one at a time here';
  losses.push({ param: 'parallel_tool_calls', action: 'dropped', reason });
  return {};
}

function withoutCalls(tools: JsonObject[], turns: Turn[], losses: Loss[]): EncodedTools {
  if (calledNames(turns).size === 0) {
    losses.push({ param: 'tool_choice', action: 'emulated', reason: 'the tools were left out' });
    return {};
  }
  losses.push({ param: 'tool_choice', action: 'emulated', reason: 'asked for in the system prompt' });
  return { toolConfig: { tools }, instruction: NO_CALLS };
}

/**
 * `The toolConfig field must be defined when using toolUse and toolResult content blocks`, even when no more calls are
 * wanted. The stand-ins carry the names of the past calls.
 */
function standInTools(turns: Turn[]): EncodedTools {
  const names = [...calledNames(turns)];
  if (names.length === 0) return {};
  const inputSchema = { json: { type: 'object', properties: {} } };
  return { toolConfig: { tools: names.map((name) => ({ toolSpec: { name, inputSchema } })) }, instruction: NO_CALLS };
}

function calledNames(turns: Turn[]): Set<unknown> {
  const calls = turns.flatMap((turn) => turn.content).map((block) => block['toolUse']);
  return new Set(calls.filter(isObject).map((call) => call['name']));
}
