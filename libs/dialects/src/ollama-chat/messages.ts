import type { ChatContentPart, ChatMessage, ChatToolCall } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/** Name of each call by its id, of all messages so far: results are matched by the tool's name. */
type CallNames = Map<string, string>;

type Content = { content: string; images?: string[] };

export function encodeMessages(messages: readonly ChatMessage[], target: Target, losses: Loss[]): JsonObject[] {
  const callNames: CallNames = new Map();
  return messages.flatMap((message, index) => encodeMessage(message, `messages.${index}`, target, callNames, losses));
}

function encodeMessage(
  message: ChatMessage,
  param: string,
  target: Target,
  callNames: CallNames,
  losses: Loss[],
): JsonObject[] {
  const content = encodeContent(message.content, `${param}.content`, target, losses);
  switch (message.role) {
    case 'system':
    case 'developer':
      return [{ role: 'system', ...content }];
    case 'user':
      return [{ role: 'user', ...content }];
    case 'assistant':
      return [encodeAssistant(message, content, param, callNames, losses)];
    case 'tool':
      return encodeToolResult(message, content, param, callNames, losses);
    default:
      losses.push({ param: `${param}.role`, action: 'refused', reason: 'this role is not supported' });
      return [];
  }
}

/** The model continues a chain of thought across tool calls, so what it thought goes back with what it said. */
function encodeAssistant(
  message: ChatMessage,
  content: Content,
  param: string,
  callNames: CallNames,
  losses: Loss[],
): JsonObject {
  const calls = (message.tool_calls ?? []).flatMap((call, index) => {
    callNames.set(call.id, call.function.name);
    return encodeCall(call, index, `${param}.tool_calls.${index}`, losses);
  });
  return {
    role: 'assistant',
    ...content,
    ...(content.content === '' && message.refusal && { content: message.refusal }),
    ...(message.reasoning_content && { thinking: message.reasoning_content }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function encodeCall(call: ChatToolCall, index: number, param: string, losses: Loss[]): JsonObject[] {
  const parsed = parseArguments(call.function.arguments);
  if (!parsed) {
    losses.push({ param: `${param}.function.arguments`, action: 'refused', reason: 'must be a JSON object' });
    return [];
  }
  return [{ id: call.id, function: { index, name: call.function.name, arguments: parsed } }];
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

/** The id goes along for the servers that know it; the name is what templates use. */
function encodeToolResult(
  message: ChatMessage,
  content: Content,
  param: string,
  callNames: CallNames,
  losses: Loss[],
): JsonObject[] {
  const name = callNames.get(message.tool_call_id ?? '') ?? message.name;
  if (name === undefined) {
    losses.push({ param: `${param}.tool_call_id`, action: 'refused', reason: 'no earlier message made this call' });
    return [];
  }
  const { tool_call_id: id } = message;
  return [{ role: 'tool', ...content, tool_name: name, ...(id !== undefined && { tool_call_id: id }) }];
}

/** One text and a list of images is all that a message holds: texts become lines of one. */
function encodeContent(content: ChatMessage['content'], param: string, target: Target, losses: Loss[]): Content {
  if (typeof content === 'string' || !content) return { content: content ?? '' };
  const texts: string[] = [];
  const images: string[] = [];
  for (const [index, part] of content.entries()) {
    const refused = readPart(part, target, texts, images);
    if (refused !== undefined) losses.push({ param: `${param}.${index}`, action: 'refused', reason: refused });
  }
  return { content: texts.join('\n'), ...(images.length > 0 && { images }) };
}

/** Files a part under texts or images; gives the reason where it can be neither. */
function readPart(part: ChatContentPart, target: Target, texts: string[], images: string[]): string | undefined {
  switch (part.type) {
    case 'text':
      texts.push(part.text);
      return undefined;
    case 'refusal':
      texts.push(part.refusal);
      return undefined;
    case 'image_url': {
      if (target.capabilities.images === false) return 'the model does not read images';
      const base64 = /^data:[^,]*;base64,(.*)$/is.exec(part.image_url.url)?.[1];
      if (base64 === undefined) return 'the provider fetches no images: send a base64 data URL';
      images.push(base64);
      return undefined;
    }
    default:
      return 'this kind of content is not supported';
  }
}
