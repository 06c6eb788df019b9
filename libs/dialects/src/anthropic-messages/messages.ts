import type { CacheControl, ChatMessage, ChatToolCall } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodeContent } from './content.ts';
import { isObject, type JsonObject } from '../json-values.ts';
import { encodeReasoningDetail } from './reasoning-details.ts';

export type Turn = { role: 'user' | 'assistant'; content: JsonObject[] };

export type Conversation = { system: JsonObject[]; turns: Turn[] };

/** Anthropic refuses a conversation that the assistant opens: `first message must use the "user" role`. */
const OPENING: JsonObject = { type: 'text', text: '(The assistant opens the conversation.)' };

/**
 * Splits hub messages into the top-level system prompt and alternating turns. System messages keep their order and
 * lose only their place in the conversation; neighbours of one role become one turn; tool results come first in theirs.
 */
export function encodeMessages(messages: readonly ChatMessage[], losses: Loss[]): Conversation {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  messages.forEach((message, index) => {
    const param = `messages.${index}`;
    const blocks = withCacheControl(encodeMessage(message, param, losses), message['cache_control']);
    if (message.role === 'system' || message.role === 'developer') append(system, textBlocks(blocks, param, losses));
    else if (blocks.length > 0) appendTurn(turns, message.role === 'assistant' ? 'assistant' : 'user', blocks);
  });
  return settleEdges({ system, turns: turns.map(resultsFirst) }, losses);
}

function encodeMessage(message: ChatMessage, param: string, losses: Loss[]): JsonObject[] {
  if (message.name && message.role !== 'tool') {
    losses.push({ param: `${param}.name`, action: 'dropped', reason: 'messages have no names' });
  }
  if (message.role === 'assistant') return encodeAssistant(message, param, losses);
  if (message.role === 'tool') return encodeToolResult(message, param, losses);
  if (message.role === 'function') {
    losses.push({ param, action: 'refused', reason: 'function messages are not supported: use role tool' });
    return [];
  }
  return encodeContent(message, param, losses);
}

function encodeAssistant(message: ChatMessage, param: string, losses: Loss[]): JsonObject[] {
  const thinking = (message.reasoning_details ?? []).flatMap(encodeReasoningDetail);
  const content = encodeContent(message, param, losses);
  if (content.length === 0 && message.refusal) content.push({ type: 'text', text: message.refusal });
  const calls = (message.tool_calls ?? []).flatMap((call, index) =>
    encodeToolCall(call, `${param}.tool_calls.${index}`, losses),
  );
  // `The final block in an assistant message cannot be thinking`: alone, it is not worth a refusal.
  return content.length + calls.length === 0 ? [] : [...thinking, ...content, ...calls];
}

function encodeToolCall(call: ChatToolCall, param: string, losses: Loss[]): JsonObject[] {
  const input = parseArguments(call.function.arguments);
  if (!input) {
    losses.push({ param: `${param}.function.arguments`, action: 'refused', reason: 'must be a JSON object' });
    return [];
  }
  return [{ type: 'tool_use', id: encodeCallId(call.id), name: call.function.name, input }];
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

function encodeToolResult(message: ChatMessage, param: string, losses: Loss[]): JsonObject[] {
  if (!message.tool_call_id) {
    losses.push({ param: `${param}.tool_call_id`, action: 'refused', reason: 'must name the tool call it answers' });
    return [];
  }
  const content = encodeContent(message, param, losses);
  return [
    {
      type: 'tool_result',
      tool_use_id: encodeCallId(message.tool_call_id),
      ...(content.length > 0 && { content }),
      ...(message['is_error'] === true && { is_error: true }),
    },
  ];
}

/** Anthropic takes letters, digits, `_` and `-` in call ids; ids that came from other vendors hold dots and colons. */
function encodeCallId(id: string): string {
  return id.replace(/[^\w-]/g, '_');
}

/** A mark on the whole message goes to its last block: there the cached prefix ends. */
function withCacheControl(blocks: JsonObject[], mark: unknown): JsonObject[] {
  const last = blocks.at(-1);
  if (!isCacheControl(mark) || !last || last['type'] === 'thinking' || last['type'] === 'redacted_thinking') {
    return blocks;
  }
  return [...blocks.slice(0, -1), { ...last, cache_control: mark }];
}

function isCacheControl(value: unknown): value is CacheControl {
  return isObject(value) && value['type'] === 'ephemeral';
}

function textBlocks(blocks: JsonObject[], param: string, losses: Loss[]): JsonObject[] {
  const texts = blocks.filter((block) => block['type'] === 'text');
  if (texts.length < blocks.length) {
    losses.push({ param, action: 'refused', reason: 'a system message may hold text only' });
  }
  return texts;
}

function appendTurn(turns: Turn[], role: Turn['role'], blocks: JsonObject[]): void {
  const last = turns.at(-1);
  if (last?.role === role) append(last.content, blocks);
  else turns.push({ role, content: blocks });
}

/** One by one: as arguments of a single `push`, a hundred thousand blocks overflow the stack. */
function append(list: JsonObject[], blocks: JsonObject[]): void {
  for (const block of blocks) list.push(block);
}

function resultsFirst(turn: Turn): Turn {
  const results = turn.content.filter((block) => block['type'] === 'tool_result');
  const others = turn.content.filter((block) => block['type'] !== 'tool_result');
  return { role: turn.role, content: [...results, ...others] };
}

/** What Anthropic asks of the first and the last turn. */
function settleEdges({ system, turns }: Conversation, losses: Loss[]): Conversation {
  if (turns.length === 0 && system.length > 0) {
    losses.push({ param: 'messages', action: 'emulated', reason: 'the system prompt was sent as a user message' });
    return { system: [], turns: [{ role: 'user', content: system }] };
  }
  if (turns.length === 0) losses.push({ param: 'messages', action: 'refused', reason: 'no message has content' });
  if (turns[0]?.role === 'assistant') {
    losses.push({ param: 'messages', action: 'emulated', reason: 'a user message was put before the first one' });
    turns.unshift({ role: 'user', content: [OPENING] });
  }
  return { system, turns: trimPrefill(turns) };
}

/** `final assistant content cannot end with trailing whitespace`: an answer that the model shall continue. */
function trimPrefill(turns: Turn[]): Turn[] {
  const turn = turns.at(-1);
  const block = turn?.content.at(-1);
  if (turn?.role !== 'assistant' || typeof block?.['text'] !== 'string') return turns;
  const content = [...turn.content.slice(0, -1), { ...block, text: block['text'].trimEnd() }];
  return [...turns.slice(0, -1), { ...turn, content }];
}
