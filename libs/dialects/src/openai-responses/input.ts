import type { ChatMessage, ChatToolCall } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodeInputContent, encodeOutputContent } from './content.ts';
import type { JsonObject } from '../json-values.ts';
import { encodeReasoningItems } from './reasoning-details.ts';

/**
 * Writes hub messages as input items. Instructions stay messages of their role and in their place: the field
 * `instructions` knows no order, and not every service takes it.
 */
export function encodeInput(messages: readonly ChatMessage[], losses: Loss[]): JsonObject[] {
  return messages.flatMap((message, index) => encodeMessage(message, `messages.${index}`, losses));
}

function encodeMessage(message: ChatMessage, param: string, losses: Loss[]): JsonObject[] {
  const { role } = message;
  if (role === 'function') {
    losses.push({ param, action: 'refused', reason: 'function messages are not supported: use role tool' });
    return [];
  }
  if (message.name && role !== 'tool') {
    losses.push({ param: `${param}.name`, action: 'dropped', reason: 'messages have no names' });
  }
  if (role === 'assistant') return encodeAssistant(message, param, losses);
  if (role === 'tool') return encodeToolResult(message, param, losses);
  return [{ type: 'message', role, content: encodeInputContent(message, param, losses) }];
}

function encodeAssistant(message: ChatMessage, param: string, losses: Loss[]): JsonObject[] {
  const content = encodeOutputContent(message, param, losses);
  const calls = message.tool_calls ?? [];
  // `Item of type 'reasoning' was provided without its required following item`: alone, it is not worth a refusal.
  if (content.length + calls.length === 0) return [];
  const callIds = new Set(calls.map(({ id }) => id));
  const reasoning = encodeReasoningItems(message.reasoning_details ?? []);
  const itemsBefore = (callId: string | undefined): JsonObject[] =>
    reasoning.filter((entry) => knownCall(entry.callId, callIds) === callId).map(({ item }) => item);
  return [
    ...itemsBefore(undefined),
    ...(content.length > 0 ? [{ type: 'message', role: 'assistant', content }] : []),
    ...calls.flatMap((call) => [...itemsBefore(call.id), encodeToolCall(call)]),
  ];
}

/** A call that the client took out of the conversation no longer gives its reasoning a place. */
function knownCall(callId: string | undefined, callIds: ReadonlySet<string>): string | undefined {
  return callId !== undefined && callIds.has(callId) ? callId : undefined;
}

function encodeToolCall({ id, function: called }: ChatToolCall): JsonObject {
  return { type: 'function_call', call_id: id, name: called.name, arguments: called.arguments };
}

function encodeToolResult(message: ChatMessage, param: string, losses: Loss[]): JsonObject[] {
  if (!message.tool_call_id) {
    losses.push({ param: `${param}.tool_call_id`, action: 'refused', reason: 'must name the tool call it answers' });
    return [];
  }
  const content = encodeInputContent(message, param, losses);
  return [{ type: 'function_call_output', call_id: message.tool_call_id, output: asTextIfPossible(content) }];
}

/** Lists are for images and files; not every service takes one. */
function asTextIfPossible(content: string | JsonObject[]): string | JsonObject[] {
  if (typeof content === 'string' || content.some((part) => part['type'] !== 'input_text')) return content;
  return content.map((part) => String(part['text'])).join('');
}
