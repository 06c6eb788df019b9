import type { ChatCompletion, ChatRequest, ChatUsage, EmbeddingsRequest } from '@parley/contracts';
import { inputsOf } from '@parley/dialects';
import type { TokenCounts } from './price.ts';

/** No honest answer uses more, and the columns of the ledger hold twice as much. */
const MAX_TOKENS = 1_000_000_000;

/** A provider's number as a whole one from 0 to `limit`; what is none counts as 0. */
function within(value: unknown, limit: number): number {
  const count = typeof value === 'number' && !Number.isNaN(value) ? value : 0;
  return Math.trunc(Math.min(Math.max(count, 0), limit));
}

/** Splits usage so that every token stands under one kind; details that exceed their total are cut to it. */
export function countTokens(usage: ChatUsage): TokenCounts {
  const prompt = within(usage.prompt_tokens, MAX_TOKENS);
  const completion = within(usage.completion_tokens, MAX_TOKENS);
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
export function estimateUsage(promptChars: number, outputChars: number): ChatUsage {
  const prompt = Math.max(1, Math.ceil(promptChars / CHARS_PER_TOKEN));
  const completion = Math.ceil(outputChars / CHARS_PER_TOKEN);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** The same for embeddings, whose answer has no tokens. An input that came as tokens is counted already. */
export function estimateEmbeddings(request: EmbeddingsRequest): ChatUsage {
  let prompt = 0;
  for (const input of inputsOf(request)) {
    prompt += typeof input === 'string' ? Math.ceil(input.length / CHARS_PER_TOKEN) : input.length;
  }
  return inputUsage(prompt);
}

/** The usage of a call that has input only. */
export const inputUsage = (promptTokens: number): ChatUsage => ({
  prompt_tokens: promptTokens,
  completion_tokens: 0,
  total_tokens: promptTokens,
});

/** The length of a prompt, as `estimateUsage` counts it. */
export function promptChars(request: ChatRequest): number {
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
