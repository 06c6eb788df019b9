import type { ChatContentPart, ChatMessage, ChatToolCall, ReasoningDetail } from '@parley/contracts';
import { readableText, unpackDetails } from './door-reasoning.ts';
import { itemType } from './door-schema.ts';
import { hubName } from './door-tools.ts';
import { objectsIn, textOr, type JsonObject } from '../json-values.ts';

/** Items that mean something in the hub; the others are a provider's own and stay behind in a translation. */
export const HUB_ITEMS: ReadonlySet<string> = new Set([
  'message',
  'function_call',
  'function_call_output',
  'reasoning',
]);

/** What the model said in one turn, gathered from the items that stand side by side. */
type Turn = {
  parts: ChatContentPart[];
  calls: ChatToolCall[];
  thoughts: string[];
  details: ReasoningDetail[];
  /** Details whose place is not known yet: before a call, or at the head of the turn. */
  pending: ReasoningDetail[];
};

/** Reads input items as hub messages. The model's items of one turn become one message. */
export function decodeInput(items: readonly JsonObject[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let turn: Turn | undefined;
  const close = (): void => {
    if (turn) messages.push(...writeTurn(turn));
    turn = undefined;
  };
  for (const item of items) {
    const type = itemType(item);
    if (!HUB_ITEMS.has(type)) continue;
    if (type === 'function_call' || type === 'reasoning' || item['role'] === 'assistant') {
      addToTurn((turn ??= { parts: [], calls: [], thoughts: [], details: [], pending: [] }), type, item);
      continue;
    }
    close();
    messages.push(type === 'message' ? decodeMessage(item) : decodeToolResult(item));
  }
  close();
  return messages;
}

/** Content as the hub has it: a text stays one. */
export function decodeContent(content: unknown): string | ChatContentPart[] {
  return typeof content === 'string' ? content : objectsIn(content).map(decodePart);
}

function decodeMessage(item: JsonObject): ChatMessage {
  return { role: item['role'] as ChatMessage['role'], content: decodeContent(item['content']) };
}

function decodeToolResult(item: JsonObject): ChatMessage {
  return { role: 'tool', tool_call_id: textOr(item['call_id'], ''), content: decodeContent(item['output']) };
}

function addToTurn(turn: Turn, type: string, item: JsonObject): void {
  if (type === 'reasoning') {
    const thought = readableText(item);
    if (thought !== '') turn.thoughts.push(thought);
    turn.pending.push(...unpackDetails(item));
    return;
  }
  if (type === 'message') {
    settlePending(turn, undefined);
    const content = decodeContent(item['content']);
    turn.parts.push(...(typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content));
    return;
  }
  const id = textOr(item['call_id'], '');
  settlePending(turn, id);
  const name = hubName(textOr(item['name'], ''), item['namespace']);
  turn.calls.push({ id, type: 'function', function: { name, arguments: textOr(item['arguments'], '') || '{}' } });
}

/** OpenAI's state must stand again before the very call that it led to; other state names its place itself. */
function settlePending(turn: Turn, callId: string | undefined): void {
  turn.details.push(
    ...turn.pending.map((detail) => {
      const isPlaced = detail.format !== 'openai-responses-v1' || callId === undefined;
      return isPlaced ? detail : { ...detail, tool_call_id: callId };
    }),
  );
  turn.pending = [];
}

function writeTurn(turn: Turn): ChatMessage[] {
  settlePending(turn, undefined);
  const { parts, calls, thoughts, details } = turn;
  // A thought that led to nothing is no answer, and providers refuse a message that is empty.
  if (parts.length + calls.length === 0) return [];
  const [only] = parts;
  const content = parts.length === 1 && only?.type === 'text' ? only.text : parts;
  return [
    {
      role: 'assistant',
      content: parts.length === 0 ? null : content,
      ...(thoughts.length > 0 && { reasoning_content: thoughts.join('\n\n') }),
      ...(details.length > 0 && { reasoning_details: details }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
  ];
}

function decodePart(part: JsonObject): ChatContentPart {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: textOr(part['text'], '') };
    case 'refusal':
      return { type: 'refusal', refusal: textOr(part['refusal'], '') };
    case 'input_image': {
      const { image_url: url, detail } = part;
      // Only the provider that keeps a file knows what its id means.
      if (typeof url !== 'string') return part as ChatContentPart;
      return { type: 'image_url', image_url: { url, ...(typeof detail === 'string' && { detail }) } };
    }
    case 'input_file':
      return decodeFile(part);
    default:
      return part as ChatContentPart;
  }
}

function decodeFile({ file_data: data, file_url: url, file_id: id, filename }: JsonObject): ChatContentPart {
  return {
    type: 'file',
    file: {
      ...(typeof data === 'string' ? { file_data: data } : typeof url === 'string' && { file_data: url }),
      ...(typeof id === 'string' && { file_id: id }),
      ...(typeof filename === 'string' && { filename }),
    },
  };
}
