import { describe, expect, it } from '@jest/globals';
import { decodeUsage, mergeUsage } from './usage.ts';

describe('decodeUsage', () => {
  it('counts cached tokens into the prompt and splits them in the details', () => {
    expect(
      decodeUsage({
        input_tokens: 10,
        cache_read_input_tokens: 200,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 7,
        output_tokens_details: { thinking_tokens: 4 },
        server_tool_use: { web_search_requests: 1 },
      }),
    ).toEqual({
      prompt_tokens: 240,
      completion_tokens: 7,
      total_tokens: 247,
      prompt_tokens_details: { cached_tokens: 200, cache_write_tokens: 30, cache_write_1h_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 4 },
      server_tool_use: { web_search_requests: 1 },
    });
  });

  it('reads missing, null and senseless counts as none', () => {
    const usage = {
      input_tokens: 3,
      output_tokens: null,
      cache_read_input_tokens: -1,
      cache_creation_input_tokens: '5',
    };
    expect(decodeUsage(usage)).toEqual({
      prompt_tokens: 3,
      completion_tokens: 0,
      total_tokens: 3,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, cache_write_1h_tokens: 0 },
    });
  });
});

describe('mergeUsage', () => {
  it('replaces counts by later ones and never adds', () => {
    const started = { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 5 };
    expect(mergeUsage(started, { output_tokens: 20, input_tokens: null })).toEqual({ ...started, output_tokens: 20 });
    expect(mergeUsage(started, undefined)).toBe(started);
  });
});
