import { describe, expect, it } from '@jest/globals';
import { decodeUsage } from './usage.ts';

describe('decodeUsage', () => {
  it('counts thoughts as completion and what server tools read as prompt, so that the parts make the total', () => {
    const usage = decodeUsage({
      promptTokenCount: 15,
      toolUsePromptTokenCount: 770,
      candidatesTokenCount: 37,
      thoughtsTokenCount: 742,
      cachedContentTokenCount: 9,
      totalTokenCount: 1564,
    });
    expect(usage).toEqual({
      prompt_tokens: 785,
      completion_tokens: 779,
      total_tokens: 1564,
      prompt_tokens_details: { cached_tokens: 9 },
      completion_tokens_details: { reasoning_tokens: 742 },
    });
  });

  it('takes absent counts as zero and sums a missing total', () => {
    expect(decodeUsage({ promptTokenCount: 3 })).toMatchObject({
      prompt_tokens: 3,
      completion_tokens: 0,
      total_tokens: 3,
      prompt_tokens_details: { cached_tokens: 0 },
    });
  });

  it('splits audio off the prompt', () => {
    const promptTokensDetails = [
      { modality: 'TEXT', tokenCount: 5 },
      { modality: 'AUDIO', tokenCount: 64 },
    ];
    expect(decodeUsage({ promptTokenCount: 69, promptTokensDetails })?.prompt_tokens_details).toEqual({
      cached_tokens: 0,
      audio_tokens: 64,
    });
  });

  it.each([undefined, null, 'text', {}, { trafficType: 'ON_DEMAND' }])('does not invent usage from %j', (metadata) => {
    expect(decodeUsage(metadata)).toBeUndefined();
  });
});
