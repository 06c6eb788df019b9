import type { ChatMessage, ChatToolCall } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { encodeCachePoint, encodeContent } from './content.ts';
import { encodeReasoningDetail } from './reasoning-content.ts';
import { settleTurns } from './turns.ts';

export type Turn = { role: 'user' | 'assistant'; content: JsonObject[] };

export type Conversation = { system: JsonObject[]; turns: Turn[] };

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html */
const MAX_CALL_ID_CHARS = 64;

/**
 * Splits hub messages into the system prompt and alternating turns. System messages keep their order and lose only
 * their place in the conversation; neighbours of one role become one turn.
 */
export function encodeMessages(messages: readonly ChatMessage[], upstreamModel: string, losses: Loss[]): Conversation {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  messages.forEach((message, index) => {
    const param = `messages.${index}`;
    const blocks = encodeMessage(message, param, upstreamModel, losses);
    if (blocks.length === 0) return;
    const marked = append(blocks, encodeCachePoint(message['cache_control'], param, upstreamModel, losses));
    if (message.role === 'system' || message.role === 'developer') append(system, systemBlocks(marked, param, losses));
    else appendTurn(turns, message.role === 'assistant' ? 'assistant' : 'user', marked);
  });
  return settleTurns({ system, turns }, losses);
}

function encodeMessage(message: ChatMessage, param: string, upstreamModel: string, losses: Loss[]): JsonObject[] {
  if (message.name && message.role !== 'tool') {
    losses.push({ param: `${param}.name`, action: 'dropped', reason: 'messages have no names' });
  }
  if (message.role === 'assistant') return encodeAssistant(message, param, upstreamModel, losses);
  if (message.role === 'tool') return encodeToolResult(message, param, upstreamModel, losses);
  if (message.role === 'function') {
    losses.push({ param, action: 'refused', reason: 'function messages are not supported: use role tool' });
    return [];
  }
  return encodeContent(message, param, upstreamModel, losses);
}

function encodeAssistant(message: ChatMessage, param: string, upstreamModel: string, losses: Loss[]): JsonObject[] {
  const details = message.reasoning_details ?? [];
  const reasoning = details.flatMap((detail) => encodeReasoningDetail(detail, upstreamModel));
  const content = encodeContent(message, param, upstreamModel, losses);
  if (content.length === 0 && message.refusal) content.push({ text: message.refusal });
  const calls = (message.tool_calls ?? []).flatMap((call, index) =>
    encodeToolCall(call, `${param}.tool_calls.${index}`, losses),
  );
  // Reasoning alone is no turn that could be continued.
  return content.length + calls.length === 0 ? [] : [...reasoning, ...content, ...calls];
}

function encodeToolCall(call: ChatToolCall, param: string, losses: Loss[]): JsonObject[] {
  const input = parseArguments(call.function.arguments);
  if (!input) {
    losses.push({ param: `${param}.function.arguments`, action: 'refused', reason: 'must be a JSON object' });
    return [];
  }
  return [{ toolUse: { toolUseId: encodeCallId(call.id), name: call.function.name, input } }];
}

function parseArguments(text: string): JsonObject | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function encodeToolResult(message: ChatMessage, param: string, upstreamModel: string, losses: Loss[]): JsonObject[] {
  if (!message.tool_call_id) {
    losses.push({ param: `${param}.tool_call_id`, action: 'refused', reason: 'must name the tool call it answers' });
    return [];
  }
  const blocks = encodeContent(message, param, upstreamModel, losses);
  // A cache point stands in turns only, never inside a result.
  const cachePoints = blocks.filter((block) => block['cachePoint'] !== undefined);
  const toolResult = {
    toolUseId: encodeCallId(message.tool_call_id),
    content: blocks.filter((block) => block['cachePoint'] === undefined),
    ...(message['is_error'] === true && { status: 'error' }),
  };
  return [{ toolResult }, ...cachePoints.slice(-1)];
}

/** Ids that came from other vendors may be longer, and hold other characters, than Bedrock takes. */
function encodeCallId(id: string): string {
  return id.replace(/[^\w.:-]/g, '_').slice(-MAX_CALL_ID_CHARS);
}

function systemBlocks(blocks: JsonObject[], param: string, losses: Loss[]): JsonObject[] {
  const kept = blocks.filter((block) => block['text'] !== undefined || block['cachePoint'] !== undefined);
  if (kept.length < blocks.length) {
    losses.push({ param, action: 'refused', reason: 'a system message may hold text only' });
  }
  return kept;
}

function appendTurn(turns: Turn[], role: Turn['role'], blocks: JsonObject[]): void {
  const last = turns.at(-1);
  if (last?.role === role) append(last.content, blocks);
  else turns.push({ role, content: blocks });
}

/** One by one: as arguments of a single `push`, a hundred thousand blocks overflow the stack. */
function append(list: JsonObject[], blocks: JsonObject[]): JsonObject[] {
  for (const block of blocks) list.push(block);
  return list;
}
