import type { ChatContentPart, ChatMessage, ChatToolCall } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/** Cohere's own content of messages and tool results, accepted as parts and passed on unchanged. */
const NATIVE_PARTS: ReadonlySet<string> = new Set(['document', 'thinking']);

export function encodeMessages(messages: readonly ChatMessage[], target: Target, losses: Loss[]): JsonObject[] {
  return messages.flatMap((message, index) => encodeMessage(message, `messages.${index}`, target, losses));
}

function encodeMessage(message: ChatMessage, param: string, target: Target, losses: Loss[]): JsonObject[] {
  const content = encodeContent(message.content, `${param}.content`, target, losses);
  switch (message.role) {
    case 'system':
    case 'developer':
      return [{ role: 'system', content }];
    case 'user':
      return [{ role: 'user', content }];
    case 'assistant':
      return [encodeAssistant(message, content, param, target, losses)];
    case 'tool':
      return encodeToolResult(message, content, param, losses);
    default:
      losses.push({ param: `${param}.role`, action: 'refused', reason: 'this role is not supported' });
      return [];
  }
}

/**
 * Thought goes back in the form in which the model gave it: models that reason give blocks of thinking, the others a plan
 * before their calls. Neither is signed.
 */
function encodeAssistant(
  message: ChatMessage,
  given: string | JsonObject[],
  param: string,
  target: Target,
  losses: Loss[],
): JsonObject {
  const content = given === '' && message.refusal ? message.refusal : given;
  const calls = (message.tool_calls ?? []).flatMap((call, index) =>
    encodeCall(call, `${param}.tool_calls.${index}`, losses),
  );
  const thought = message.reasoning_content ?? '';
  const { reasoning } = target.capabilities;
  const thinks = reasoning !== undefined && reasoning !== 'none';
  const blocks = thinks && thought !== '' ? [{ type: 'thinking', thinking: thought }, ...asBlocks(content)] : content;
  return {
    role: 'assistant',
    ...(blocks.length > 0 && { content: blocks }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(calls.length > 0 && !thinks && thought !== '' && { tool_plan: thought }),
  };
}

function asBlocks(content: string | JsonObject[]): JsonObject[] {
  if (typeof content !== 'string') return content;
  return content === '' ? [] : [{ type: 'text', text: content }];
}

function encodeCall({ id, function: called }: ChatToolCall, param: string, losses: Loss[]): JsonObject[] {
  const text = called.arguments.trim() === '' ? '{}' : called.arguments;
  if (!isObject(parseJson(text))) {
    losses.push({ param: `${param}.function.arguments`, action: 'refused', reason: 'must be a JSON object' });
    return [];
  }
  return [{ id, type: 'function', function: { name: called.name, arguments: text } }];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function encodeToolResult(
  message: ChatMessage,
  content: string | JsonObject[],
  param: string,
  losses: Loss[],
): JsonObject[] {
  if (!message.tool_call_id) {
    losses.push({ param: `${param}.tool_call_id`, action: 'refused', reason: 'must name the tool call it answers' });
    return [];
  }
  return [{ role: 'tool', tool_call_id: message.tool_call_id, content }];
}

function encodeContent(
  content: ChatMessage['content'],
  param: string,
  target: Target,
  losses: Loss[],
): string | JsonObject[] {
  if (typeof content === 'string' || !content) return content ?? '';
  return content.flatMap((part, index) => {
    const encoded = encodePart(part, target);
    if (typeof encoded !== 'string') return [encoded];
    losses.push({ param: `${param}.${index}`, action: 'refused', reason: encoded });
    return [];
  });
}

/** The part; a phrase that says why when there is none for it. Images are taken as data URL and as address. */
function encodePart(part: ChatContentPart, { capabilities }: Target): JsonObject | string {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'refusal':
      return { type: 'text', text: part.refusal };
    case 'image_url': {
      if (capabilities.images === false) return 'the model does not read images';
      const { url, detail } = part.image_url;
      return { type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } };
    }
    default: {
      const native: unknown = part;
      if (isObject(native) && typeof native['type'] === 'string' && NATIVE_PARTS.has(native['type'])) return native;
      return 'this kind of content is not supported';
    }
  }
}
