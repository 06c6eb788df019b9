import { describe, expect, it } from '@jest/globals';
import { decodeUsage } from './usage.ts';

describe('decodeUsage', () => {
  it('keeps the totals, which include what was cached and reasoned', () => {
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 20 },
      output_tokens: 50,
      output_tokens_details: { reasoning_tokens: 30 },
      total_tokens: 150,
      cost: 1,
    };
    expect(decodeUsage(usage)).toEqual({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 30 },
    });
  });

  it.each([[null], [{}], [{ input_tokens: 0, output_tokens: 0 }], [{ input_tokens: '5', output_tokens: 5 }]])(
    'does not believe %j',
    (usage) => {
      expect(decodeUsage(usage)).toBeUndefined();
    },
  );
});
