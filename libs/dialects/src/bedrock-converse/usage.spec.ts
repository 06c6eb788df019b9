import { describe, expect, it } from '@jest/globals';
import { decodeUsage } from './usage.ts';

describe('usage', () => {
  it('counts what was cached into the prompt', () => {
    const cacheDetails = [
      { inputTokens: 20, ttl: '1h' },
      { inputTokens: 10, ttl: '5m' },
    ];
    const usage = {
      inputTokens: 5,
      outputTokens: 7,
      cacheReadInputTokens: 100,
      cacheWriteInputTokens: 30,
      cacheDetails,
    };
    expect(decodeUsage(usage)).toEqual({
      prompt_tokens: 135,
      completion_tokens: 7,
      total_tokens: 142,
      prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 30, cache_write_1h_tokens: 20 },
    });
  });

  it('tells the use of Bedrock’s own tools, and takes nonsense for nothing', () => {
    expect(decodeUsage({ inputTokens: -1, outputTokens: '7', serverToolUsage: { nova_grounding: 1 } })).toMatchObject({
      prompt_tokens: 0,
      completion_tokens: 0,
      server_tool_use: { nova_grounding: 1 },
    });
    expect(decodeUsage({ serverToolUsage: {} })).not.toHaveProperty('server_tool_use');
  });
});
