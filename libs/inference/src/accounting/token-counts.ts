import type { ChatCompletion, ChatRequest, ChatUsage } from '@parley/contracts';
import type { TokenCounts } from './price.ts';

/** Splits usage so that every token stands under one kind; details that exceed their total are cut to it. */
export function countTokens(usage: ChatUsage): TokenCounts {
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  const within = (value: number | null | undefined, limit: number): number => Math.min(Math.max(value ?? 0, 0), limit);
  const cachedInput = within(usage.prompt_tokens_details?.cached_tokens, prompt);
  const written = within(usage.prompt_tokens_details?.cache_write_tokens, prompt - cachedInput);
  const cacheWrite1h = within(usage.prompt_tokens_details?.cache_write_1h_tokens, written);
  const reasoning = within(usage.completion_tokens_details?.reasoning_tokens, completion);
  return {
    uncachedInput: prompt - cachedInput - written,
    cachedInput,
    cacheWrite: written - cacheWrite1h,
    cacheWrite1h,
    response: completion - reasoning,
    reasoning,
  };
}

/** English averages about four characters a token; good enough where the provider counted nothing. */
const CHARS_PER_TOKEN = 4;

/** Usage counted from lengths alone; always marked as estimated where it is stored. */
export function estimateUsage(request: ChatRequest, outputChars: number): ChatUsage {
  const prompt = Math.max(1, Math.ceil(promptChars(request) / CHARS_PER_TOKEN));
  const completion = Math.ceil(outputChars / CHARS_PER_TOKEN);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function promptChars(request: ChatRequest): number {
  let chars = request.tools ? JSON.stringify(request.tools).length : 0;
  for (const { content, tool_calls: calls } of request.messages) {
    if (typeof content === 'string') chars += content.length;
    else for (const part of content ?? []) chars += part.type === 'text' ? part.text.length : 0;
    for (const call of calls ?? []) chars += call.function.name.length + call.function.arguments.length;
  }
  return chars;
}

/** The length of an answer, as `estimateUsage` counts it. */
export function completionChars(completion: ChatCompletion): number {
  let chars = 0;
  for (const { message } of completion.choices) {
    chars += (message.content?.length ?? 0) + (message.reasoning_content?.length ?? 0);
    for (const call of message.tool_calls ?? []) chars += call.function.arguments.length;
  }
  return chars;
}
