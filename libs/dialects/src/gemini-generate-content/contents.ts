import type { ChatContentPart, ChatMessage, ChatToolCall } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';
import { encodePart, encodeText } from './media.ts';
import { idForGemini } from './tool-call-id.ts';

/** Tells Gemini 3 not to ask for a signature: https://ai.google.dev/gemini-api/docs/thought-signatures#faqs */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

type Turn = { role: 'user' | 'model'; parts: JsonObject[] };
type ToolResult = { order: number; response: JsonObject; media: JsonObject[] };

/**
 * `systemInstruction` and `contents`, where user and model alternate: turns of one role in a row are joined, and a turn
 * without parts, which Gemini refuses, is left out.
 */
export function encodeContents(messages: ChatMessage[], target: Target, losses: Loss[]): JsonObject {
  const encoder = new ContentsEncoder(target, losses);
  for (const [position, message] of messages.entries()) encoder.add(message, `messages.${position}`);
  return encoder.finish();
}

class ContentsEncoder {
  private readonly system: JsonObject[] = [];
  private readonly turns: Turn[] = [];
  /** By id, of the latest turn that made calls: some clients use the same ids in every turn. */
  private readonly calls = new Map<string, { name: string; order: number }>();
  /** Results in a row, answered in the order of their calls. */
  private results: ToolResult[] = [];

  constructor(
    private readonly target: Target,
    private readonly losses: Loss[],
  ) {}

  add(message: ChatMessage, param: string): void {
    switch (message.role) {
      case 'system':
      case 'developer':
        this.system.push(...this.encodeSystem(message, param));
        return;
      case 'tool':
        this.addResult(message, param);
        return;
      case 'function':
        this.losses.push({ param, action: 'refused', reason: 'function messages are not supported: use role tool' });
        return;
      case 'assistant':
        this.addTurn('model', this.encodeAssistant(message, param));
        return;
      case 'user':
        this.addTurn('user', this.encodeContent(message.content, `${param}.content`));
        return;
      default:
        this.losses.push({ param: `${param}.role`, action: 'refused', reason: 'unknown role' });
    }
  }

  finish(): JsonObject {
    this.flushResults();
    if (this.turns.length > 0 || this.system.length === 0) {
      return { ...(this.system.length > 0 && { systemInstruction: { parts: this.system } }), contents: this.turns };
    }
    this.losses.push({
      param: 'messages',
      action: 'emulated',
      reason: 'instructions alone are sent as a user message',
    });
    return { contents: [{ role: 'user', parts: this.system }] };
  }

  private addTurn(role: Turn['role'], parts: JsonObject[]): void {
    this.flushResults();
    this.append(role, parts);
  }

  private append(role: Turn['role'], parts: JsonObject[]): void {
    if (parts.length === 0) return;
    const last = this.turns.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else this.turns.push({ role, parts });
  }

  private flushResults(): void {
    if (this.results.length === 0) return;
    const results = this.results.toSorted((left, right) => left.order - right.order);
    this.results = [];
    // What a tool shows (images) goes after the results: 2.5 takes no media inside a functionResponse.
    this.append('user', [...results.map(({ response }) => response), ...results.flatMap(({ media }) => media)]);
  }

  private encodeContent(content: ChatMessage['content'], param: string): JsonObject[] {
    const parts: ChatContentPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
    return parts.flatMap<JsonObject>((part, position) => encodePart(part, `${param}.${position}`, this.losses) ?? []);
  }

  private encodeSystem(message: ChatMessage, param: string): JsonObject[] {
    const parts = this.encodeContent(message.content, `${param}.content`);
    const texts = parts.filter((part) => 'text' in part);
    if (texts.length < parts.length) {
      this.losses.push({ param: `${param}.content`, action: 'dropped', reason: 'instructions can only be text' });
    }
    return texts;
  }

  private addResult(message: ChatMessage, param: string): void {
    const call = message.tool_call_id === undefined ? undefined : this.calls.get(message.tool_call_id);
    if (!call) {
      this.losses.push({
        param: `${param}.tool_call_id`,
        action: 'refused',
        reason: 'no earlier message made this call',
      });
      return;
    }
    const parts = this.encodeContent(message.content, `${param}.content`);
    const text = parts.map((part) => textOf(part['text']) ?? '').join('');
    const response = message['is_error'] === true ? { error: text } : encodeResult(text);
    const functionResponse = { ...idForGemini(message.tool_call_id), name: call.name, response };
    const media = parts.filter((part) => !('text' in part));
    this.results.push({ order: call.order, response: { functionResponse }, media });
  }

  private encodeAssistant(message: ChatMessage, param: string): JsonObject[] {
    const parts = this.encodeContent(message.content, `${param}.content`);
    const refusal = encodeText(message.refusal ?? '');
    if (refusal) parts.push(refusal);
    parts.push(...this.encodeImages(message, param));
    this.sign(parts, message, param);
    return [...parts, ...this.encodeCalls(message, param)];
  }

  /** What an image model drew, as `decodeResponse` gave it: it must see its work to change it. */
  private encodeImages(message: ChatMessage, param: string): JsonObject[] {
    return objectsIn(message['images']).flatMap<JsonObject>((image, position) => {
      const url = isObject(image['image_url']) ? (textOf(image['image_url']['url']) ?? '') : '';
      return encodePart({ type: 'image_url', image_url: { url } }, `${param}.images.${position}`, this.losses) ?? [];
    });
  }

  /** Puts the turn's own signature on its last text, where Gemini's documentation wants it back, or on an empty one. */
  private sign(parts: JsonObject[], message: ChatMessage, param: string): void {
    const signatures = readSignatures(message).filter(({ id }) => id === undefined);
    const last = signatures.at(-1);
    if (!last) return;
    if (signatures.length > 1) {
      const reason = 'a text takes one signature, the last is sent';
      this.losses.push({ param: `${param}.reasoning_details`, action: 'dropped', reason });
    }
    const text = parts.findLast((part) => 'text' in part);
    if (text) text['thoughtSignature'] = last.data;
    else parts.push({ text: '', thoughtSignature: last.data });
  }

  private encodeCalls(message: ChatMessage, param: string): JsonObject[] {
    const signatures = new Map(readSignatures(message).map(({ id, data }) => [id, data]));
    const calls = message.tool_calls ?? [];
    const isUnsigned = !calls.some(({ id }) => signatures.has(id));
    return calls.map((call, order) => {
      this.calls.set(call.id, { name: call.function.name, order });
      const args = this.decodeArguments(call, `${param}.tool_calls.${order}.function.arguments`);
      const functionCall = { ...idForGemini(call.id), name: call.function.name, args };
      const signature =
        signatures.get(call.id) ?? (order === 0 && isUnsigned ? this.standInSignature(param) : undefined);
      return { functionCall, ...(signature !== undefined && { thoughtSignature: signature }) };
    });
  }

  /** Gemini 3 refuses calls without a signature, which calls made by another provider's model never have. */
  private standInSignature(param: string): string | undefined {
    const { reasoning } = this.target.capabilities;
    if (reasoning !== 'effort' && reasoning !== 'adaptive') return undefined;
    const reason = 'calls without a thought signature are sent with the documented stand-in';
    this.losses.push({ param: `${param}.reasoning_details`, action: 'emulated', reason });
    return NO_SIGNATURE;
  }

  private decodeArguments(call: ChatToolCall, param: string): JsonObject {
    const text = call.function.arguments;
    const args = text.trim() === '' ? {} : parseJson(text);
    if (isObject(args)) return args;
    this.losses.push({ param, action: 'emulated', reason: 'arguments that are no JSON object are sent as text' });
    return { arguments: text };
  }
}

function readSignatures(message: ChatMessage): { id: string | undefined; data: string }[] {
  return (message.reasoning_details ?? []).flatMap(({ type, format, data, id }) =>
    type === 'reasoning.encrypted' && format === 'google-gemini-v1' && data ? [{ id: id ?? undefined, data }] : [],
  );
}

/** `response` must be an object, with what failed under `error`: https://ai.google.dev/api/caching#FunctionResponse */
function encodeResult(text: string): JsonObject {
  const result = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
  return isObject(result) ? result : { result: text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
