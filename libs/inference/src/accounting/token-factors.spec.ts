import { describe, expect, it } from '@jest/globals';
import { tokenFactor } from './token-factors.ts';

describe('the tokens of a family for each one of o200k', () => {
  it.each([
    ['gpt-5.4-mini', 1],
    ['gpt-oss:120b', 1],
    ['an-unheard-of-model', 1],
    ['claude-opus-4-7', 1.469],
    ['anthropic.claude-opus-4-8-v1:0', 1.469],
    ['claude-sonnet-5', 1.469],
    ['claude-sonnet-5-20260601', 1.469],
    ['claude-opus-4-6', 1.128],
    ['claude-opus-4-20250514', 1.128],
    ['claude-sonnet-4-5-20250929', 1.128],
    ['claude-3-5-haiku-20241022', 1.128],
    ['gemini-2.5-flash', 1.035],
    ['mistral-large-latest', 1.054],
    ['ministral-8b', 1.054],
    ['deepseek-chat', 1.029],
  ])('%s: %d', (model, factor) => {
    expect(tokenFactor(model)).toBe(factor);
  });
});
