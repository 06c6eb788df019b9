import { describe, expect, it } from '@jest/globals';
import { sumUsage } from './sum-usage.ts';

describe('the usage of several calls', () => {
  it('is the sum of every number in it, also of those that one of them lacks', () => {
    const one = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const cached = { ...one, prompt_tokens_details: { cached_tokens: 1, audio_tokens: null }, cost: 0.5 };
    const reasoning = { ...one, completion_tokens_details: { reasoning_tokens: 2 }, cost: 0.25, is_byok: true };
    expect(sumUsage([cached, reasoning, { ...cached, prompt_tokens_details: null }])).toEqual({
      prompt_tokens: 3,
      completion_tokens: 6,
      total_tokens: 9,
      prompt_tokens_details: { cached_tokens: 1, audio_tokens: null },
      completion_tokens_details: { reasoning_tokens: 2 },
      cost: 1.25,
      is_byok: true,
    });
  });

  it('of one call is what that call says', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    expect(sumUsage([usage])).toBe(usage);
  });
});
