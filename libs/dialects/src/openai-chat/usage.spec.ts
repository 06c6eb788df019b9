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
