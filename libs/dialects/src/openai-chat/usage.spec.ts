import { describe, expect, it } from '@jest/globals';
import { readUsage } from './usage.ts';

describe('reading usage', () => {
  it('gives right usage as the very object it is, details and all', () => {
    const usage = {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      cost: 0.1,
      prompt_tokens_details: { x: 1 },
    };
    expect(readUsage(usage)).toBe(usage);
  });

  it('believes a total that is more than the sum: providers count reasoning outside', () => {
    expect(readUsage({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 9 })?.total_tokens).toBe(9);
  });

  it('adds a total that is missing and cuts fractions', () => {
    expect(readUsage({ prompt_tokens: 3.9, completion_tokens: 2, extra: true })).toEqual({
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      extra: true,
    });
  });

  it('adds reasoning that xAI counts beside the completion, as the total tells', () => {
    const usage = { prompt_tokens: 432, completion_tokens: 68, completion_tokens_details: { reasoning_tokens: 136 } };
    expect(readUsage({ ...usage, total_tokens: 636 })?.completion_tokens).toBe(204);
    expect(readUsage({ ...usage, total_tokens: 500 })?.completion_tokens).toBe(68);
  });

  it.each<[vendor: string, fields: object, details: object | undefined]>([
    [
      'Databricks',
      { cache_read_input_tokens: 2, cache_creation_input_tokens: 1 },
      { cached_tokens: 2, cache_write_tokens: 1 },
    ],
    ['Together', { cached_tokens: 2 }, { cached_tokens: 2 }],
    ['DeepSeek', { prompt_cache_hit_tokens: 2, prompt_cache_miss_tokens: 1 }, { cached_tokens: 2 }],
    ['Mistral', { num_cached_tokens: 2 }, { cached_tokens: 2 }],
    [
      "OpenAI's own word first",
      { cached_tokens: 2, prompt_tokens_details: { cached_tokens: 1, x: 1 } },
      { cached_tokens: 1, x: 1 },
    ],
    [
      'others beside it',
      { cached_tokens: 2, prompt_tokens_details: { audio_tokens: 1 } },
      { cached_tokens: 2, audio_tokens: 1 },
    ],
    ['nothing cached', { cached_tokens: 0 }, undefined],
  ])('finds what came from a cache under the name of %s', (_vendor, fields, details) => {
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, ...fields };
    const before = structuredClone(usage);
    expect(readUsage(usage)?.prompt_tokens_details).toEqual(details);
    expect(usage).toEqual(before);
  });

  it('takes an answer without a token as counted when the prompt was', () => {
    expect(readUsage({ prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 })).not.toBeNull();
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'free'],
    ['a list', [1, 2]],
    ['zeros only', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
    ['a negative count', { prompt_tokens: -1, completion_tokens: 2, total_tokens: 1 }],
    ['half of it', { prompt_tokens: 3 }],
    ['counts as text', { prompt_tokens: '3', completion_tokens: '2' }],
    ['infinity', { prompt_tokens: Infinity, completion_tokens: 2 }],
  ])('does not believe %s', (_name, value) => {
    expect(readUsage(value)).toBeNull();
  });
});
