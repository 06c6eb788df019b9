import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '@parley/contracts';
import { decodeCount, encodeCountRequest } from './count.ts';

const target = { provider: 'google', upstreamModel: 'models/gemini', capabilities: {}, maxOutputTokens: null };
const request: ChatRequest = {
  model: 'm',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hi' },
  ],
  safety_settings: [],
  max_tokens: 50,
};
const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];
const systemInstruction = { parts: [{ text: 'Be brief.' }] };

describe('a count of tokens by Google', () => {
  it('is asked for of the whole request', () => {
    const { generateContentRequest } = encodeCountRequest(request, target).body as { generateContentRequest: object };
    expect(generateContentRequest).toMatchObject({ model: 'models/gemini', contents, systemInstruction });
  });

  it('is asked for of its parts at Vertex AI', () => {
    const { body } = encodeCountRequest(request, { ...target, countsBareRequests: true });
    expect(body).toMatchObject({ contents, systemInstruction });
    expect(Object.keys(body as object).toSorted()).toEqual(['contents', 'generationConfig', 'systemInstruction']);
  });

  it('is a number, or no answer', () => {
    expect(decodeCount({ totalTokens: 7 })).toBe(7);
    for (const body of [{}, undefined, 'x', { totalTokens: '7' }]) {
      expect(() => decodeCount(body)).toThrow('provider_bad_answer');
    }
  });
});
