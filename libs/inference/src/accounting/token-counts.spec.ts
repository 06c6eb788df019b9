import { describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ChatRequest, ChatUsage, EmbeddingsRequest } from '@parley/contracts';
import fc from 'fast-check';
import { countTokens, estimateEmbeddings, estimateUsage, sampleCompletion, samplePrompt } from './token-counts.ts';

const usageOf = (fields: object): ChatUsage => ({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, ...fields });

describe('counting tokens', () => {
  it('puts every token under one kind', () => {
    const usage = usageOf({
      prompt_tokens: 100,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 30, cache_write_1h_tokens: 10, audio_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 20 },
    });
    expect(countTokens(usage)).toEqual({
      uncachedInput: 30,
      cachedInput: 40,
      cacheWrite: 20,
      cacheWrite1h: 10,
      response: 30,
      reasoning: 20,
    });
  });

  it('gives whole numbers that add up to the totals, whatever a provider claims', () => {
    const claim = fc.oneof(
      fc.integer({ min: -5, max: 200 }),
      fc.double(),
      fc.constantFrom(null, undefined, '7', {}, 1e300),
    );
    const details = fc.option(
      fc.record({ cached_tokens: claim, cache_write_tokens: claim, cache_write_1h_tokens: claim }),
    );
    const reasoning = fc.option(fc.record({ reasoning_tokens: claim }));
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), details, reasoning, (prompt, completion, input, output) => {
        const fields = {
          prompt_tokens: prompt,
          completion_tokens: completion,
          prompt_tokens_details: input,
          completion_tokens_details: output,
        };
        const counts = countTokens(usageOf(fields));
        for (const count of Object.values(counts)) expect(Number.isInteger(count) && count >= 0).toBe(true);
        const { uncachedInput, cachedInput, cacheWrite, cacheWrite1h, response, reasoning: thought } = counts;
        expect([uncachedInput + cachedInput + cacheWrite + cacheWrite1h, response + thought]).toEqual([
          prompt,
          completion,
        ]);
      }),
    );
  });

  it('bounds totals to what the ledger can hold', () => {
    const counts = countTokens(usageOf({ prompt_tokens: 1e300, completion_tokens: 2 ** 40 }));
    expect(counts.uncachedInput).toBeLessThan(2 ** 31);
    expect(counts.response).toBeLessThan(2 ** 31);
  });
});

describe('estimating usage', () => {
  const byChars = (fields: object, outputChars = 0): ChatUsage => {
    const prompt = samplePrompt({ model: 'm', messages: [], ...fields } as ChatRequest);
    return estimateUsage(prompt, { chars: outputChars, text: '' }, 'm', undefined);
  };

  it('counts a token for every four characters begun, of text, tools and calls, where nothing else counts', () => {
    const messages = [
      { role: 'user', content: 'x'.repeat(9) },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'x'.repeat(8) },
          { type: 'image_url', image_url: { url: 'x'.repeat(999) } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'abc', arguments: '{}' } }],
      },
    ];
    expect(byChars({ messages }, 5)).toEqual({ prompt_tokens: 6, completion_tokens: 2, total_tokens: 8 });
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(byChars({ tools }).prompt_tokens).toBe(Math.ceil(JSON.stringify(tools).length / 4));
  });

  it('counts the texts of a request for embeddings, and tokens as they are', () => {
    const oneForEach = (text: string): number => text.length;
    const tokensOf = (input: EmbeddingsRequest['input']): number =>
      estimateEmbeddings({ model: 'm', input }, oneForEach).prompt_tokens;
    expect(tokensOf(['x', 'x'.repeat(9)])).toBe(10);
    expect(tokensOf([5, 6, 7])).toBe(3);
    expect(tokensOf([[5], [6, 7]])).toBe(3);
    const usage = estimateEmbeddings({ model: 'm', input: 'x' }, oneForEach);
    expect(usage).toMatchObject({ completion_tokens: 0, total_tokens: 1 });
  });

  it('never takes a prompt for nothing', () => {
    expect(byChars({})).toEqual({ prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 });
  });

  it('counts with the tokenizer where it is there, times what the family of the model makes of it', () => {
    const wordsOf = (text: string): number => text.split(' ').length;
    const estimate = (upstreamModel: string): ChatUsage => {
      const request = { model: 'm', messages: [{ role: 'user' as const, content: 'one two three' }] };
      const message = { role: 'assistant' as const, content: 'a b c d e f g h i j' };
      const completion = { choices: [{ index: 0, message, finish_reason: 'stop' }] } as ChatCompletion;
      return estimateUsage(samplePrompt(request), sampleCompletion(completion), upstreamModel, wordsOf);
    };
    expect(estimate('gpt-5')).toEqual({ prompt_tokens: 3, completion_tokens: 10, total_tokens: 13 });
    expect(estimate('claude-opus-4-7')).toMatchObject({ prompt_tokens: 5, completion_tokens: 15 });
  });
});
