import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '@parley/contracts';
import { decodeCount, encodeCountRequest } from './count.ts';

const target = { provider: 'anthropic', upstreamModel: 'claude', capabilities: {}, maxOutputTokens: 64_000 };
const request: ChatRequest = {
  model: 'm',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ],
  tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }],
  tool_choice: 'required',
  max_tokens: 50,
  temperature: 0.5,
  stop: 'x',
};

describe('a count of tokens by Anthropic', () => {
  it('is asked for with what is input, and nothing else', () => {
    const { body } = encodeCountRequest(request, target);
    expect(body).toMatchObject({ model: 'claude', tools: [{ name: 'look' }], tool_choice: { type: 'any' } });
    expect(Object.keys(body as object).toSorted()).toEqual(['messages', 'model', 'system', 'tool_choice', 'tools']);
  });

  it('is a number, or no answer', () => {
    expect(decodeCount({ input_tokens: 7 })).toBe(7);
    for (const body of [{}, undefined, 'x', { input_tokens: '7' }]) {
      expect(() => decodeCount(body)).toThrow('provider_bad_answer');
    }
  });
});
