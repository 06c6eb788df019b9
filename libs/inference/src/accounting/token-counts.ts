import {
  BILLED_TOKENS,
  type ChatCompletion,
  type ChatRequest,
  type ChatToolCall,
  type ChatUsage,
  type EmbeddingsRequest,
} from '@parley/contracts';
import { embeddingsUsage, inputsOf } from '@parley/dialects';
import type { TokenCounts } from './price.ts';
import { countSample, sampleTexts, type TextSample } from './text-sample.ts';
import { tokenFactor } from './token-factors.ts';
import { tokenizer, type CountTokens } from './tokenizer.ts';

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

/** What is paid for where the provider says that it is something else than what it counted. */
export function billedTokens({ [BILLED_TOKENS]: billed }: ChatUsage): TokenCounts | undefined {
  if (!billed) return undefined;
  return countTokens({
    prompt_tokens: billed.input,
    completion_tokens: billed.output,
    total_tokens: billed.input + billed.output,
  });
}

/**
 * Usage counted here, by o200k times the factor of the model's family; always marked as estimated where it is stored.
 * Until the tokenizer is there, and for an output of which only the length is known, four characters are a token.
 */
export function estimateUsage(
  prompt: TextSample,
  output: TextSample,
  upstreamModel: string,
  count: CountTokens | undefined = tokenizer.get(),
): ChatUsage {
  const factor = tokenFactor(upstreamModel);
  const promptTokens = Math.max(1, Math.ceil(factor * countSample(prompt, count)));
  const completionTokens = Math.ceil(factor * countSample(output, count));
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** The same for embeddings, whose answer has no tokens. An input that came as tokens is counted already. */
export function estimateEmbeddings(
  request: EmbeddingsRequest,
  count: CountTokens | undefined = tokenizer.get(),
): ChatUsage {
  const inputs = inputsOf(request);
  const texts = inputs.filter((input) => typeof input === 'string');
  const counted = inputs.reduce((sum, input) => sum + (typeof input === 'string' ? 0 : input.length), 0);
  return embeddingsUsage(counted + Math.ceil(countSample(sampleTexts(texts), count)));
}

/** What `estimateUsage` needs of a prompt. */
export function samplePrompt(request: ChatRequest): TextSample {
  const texts = request.tools ? [JSON.stringify(request.tools)] : [];
  for (const { content, tool_calls: calls } of request.messages) {
    if (typeof content === 'string') texts.push(content);
    else for (const part of content ?? []) if (part.type === 'text') texts.push(part.text);
    for (const call of calls ?? []) texts.push(...callTexts(call));
  }
  return sampleTexts(texts);
}

/** OpenAI's custom tools have an `input` in place of arguments. */
function callTexts(call: ChatToolCall): string[] {
  const { name, arguments: args, input } = (call.function ?? call['custom'] ?? {}) as Record<string, unknown>;
  return [name, args, input].filter((text) => typeof text === 'string');
}

/** What `estimateUsage` needs of an answer. */
export function sampleCompletion(completion: ChatCompletion): TextSample {
  const texts = completion.choices.flatMap(({ message }) => [
    message.content ?? '',
    message.reasoning_content ?? '',
    ...(message.tool_calls ?? []).flatMap(callTexts),
  ]);
  return sampleTexts(texts);
}
