import type { ChatChoice, ChatCompletion, ChatToolCall, ChatUsage, FinishReason } from '@parley/contracts';
import { encodeThinking } from './door-reasoning.ts';
import { decodeFinish } from './finish.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/** Writes a whole answer as a message. Source: https://docs.claude.com/en/api/messages */
export function encodeResponse({ id, model, choices: [choice], usage }: ChatCompletion): JsonObject {
  return {
    ...openMessage(id, model),
    content: choice ? encodeContent(choice) : [],
    ...encodeStop(choice?.finish_reason ?? 'stop', choice?.['native_finish_reason'], Boolean(choice?.message.refusal)),
    usage: encodeUsage(usage ?? undefined),
  };
}

/** What a message says before it says anything. */
export function openMessage(id: string, model: string): JsonObject {
  return { id: messageId(id), type: 'message', role: 'assistant', model };
}

/** Clients know messages by this prefix. */
function messageId(id: string): string {
  return id.startsWith('msg_') ? id : `msg_${id.replace(/^(chatcmpl-|resp_)/, '')}`;
}

function encodeContent({ message }: ChatChoice): JsonObject[] {
  const text = (message.content ?? '') + (message.refusal ?? '');
  return [
    ...encodeThinking(message),
    ...(text === '' ? [] : [{ type: 'text', text }]),
    ...(message.tool_calls ?? []).map(encodeToolCall),
  ];
}

function encodeToolCall({ id, function: called }: ChatToolCall): JsonObject {
  return { type: 'tool_use', id, name: called.name, input: parseInput(called.arguments) };
}

/** An input must be an object. What is none, as when an answer was cut, is kept as text: no tool takes it for its own. */
function parseInput(text: string): JsonObject {
  if (text.trim() === '') return {};
  try {
    const input: unknown = JSON.parse(text);
    if (isObject(input)) return input;
  } catch {
    // Said below.
  }
  return { arguments: text };
}

const STOP_REASONS: Record<FinishReason, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/** Anthropic's own words, which more providers than Anthropic use: they say more than the hub's. */
const NATIVE: ReadonlySet<unknown> = new Set(['stop_sequence', 'pause_turn', 'model_context_window_exceeded']);

/** How an answer ended. Which stop sequence it was, no other provider says. */
export function encodeStop(finish: FinishReason, native: unknown, isRefusal: boolean): JsonObject {
  const isNative = NATIVE.has(native) && decodeFinish(native, false).finish_reason === finish;
  const reason = isRefusal && finish === 'stop' ? 'refusal' : STOP_REASONS[finish];
  return { stop_reason: isNative ? native : reason, stop_sequence: null };
}

/** The hub counts cached tokens in, Anthropic counts them apart. */
export function encodeUsage(usage: ChatUsage | undefined): JsonObject {
  const details = usage?.prompt_tokens_details;
  const read = details?.cached_tokens ?? 0;
  const written = details?.cache_write_tokens ?? 0;
  const forOneHour = details?.cache_write_1h_tokens;
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens;
  return {
    input_tokens: Math.max(0, (usage?.prompt_tokens ?? 0) - read - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    ...(typeof forOneHour === 'number' && {
      cache_creation: {
        ephemeral_5m_input_tokens: Math.max(0, written - forOneHour),
        ephemeral_1h_input_tokens: forOneHour,
      },
    }),
    output_tokens: usage?.completion_tokens ?? 0,
    ...(typeof reasoning === 'number' && { output_tokens_details: { thinking_tokens: reasoning } }),
  };
}
