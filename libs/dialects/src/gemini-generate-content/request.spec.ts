import { describe, expect, it } from '@jest/globals';
import type { ChatRequest } from '@parley/contracts';
import fc from 'fast-check';
import type { Target } from '../dialect.ts';
import { encodeRequest } from './request.ts';

const target: Target = { provider: 'google', upstreamModel: 'gemini', capabilities: {}, maxOutputTokens: null };

const full: ChatRequest = {
  model: 'alias',
  stream: true,
  stream_options: { include_usage: true },
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
      reasoning_details: [{ type: 'reasoning.encrypted', data: 'c2ln', id: 'a', format: 'google-gemini-v1' }],
    },
    { role: 'tool', tool_call_id: 'a', content: '{"sky":"blue"}' },
  ],
  temperature: 1,
  reasoning_effort: 'low',
  tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', $schema: 'x' } } }],
  tool_choice: 'auto',
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } },
};

const BODY_FIELDS = [
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'safetySettings',
  'cachedContent',
  'labels',
];

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

describe('encodeRequest', () => {
  it('writes the whole body, without model and stream, which the URL says', () => {
    expect(encodeRequest(full, target)).toEqual({
      body: {
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        contents: [
          { role: 'user', parts: [{ text: 'Weather?' }] },
          {
            role: 'model',
            parts: [{ functionCall: { id: 'a', name: 'weather', args: { city: 'Oslo' } }, thoughtSignature: 'c2ln' }],
          },
          { role: 'user', parts: [{ functionResponse: { id: 'a', name: 'weather', response: { sky: 'blue' } } }] },
        ],
        tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: { type: 'object' } }] }],
        toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
        generationConfig: {
          temperature: 1,
          responseMimeType: 'application/json',
          responseJsonSchema: { type: 'object' },
          thinkingConfig: { thinkingBudget: 1024, includeThoughts: true },
        },
      },
      losses: [],
    });
  });

  it('passes fields of Gemini itself, under either name', () => {
    const safety = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }];
    const request: ChatRequest = {
      model: 'm',
      messages: [{ role: 'user', content: 'x' }],
      safety_settings: safety,
      cachedContent: 'cachedContents/1',
      labels: { team: 'a' },
    };
    expect(encodeRequest(request, target)).toEqual({
      body: {
        contents: [{ role: 'user', parts: [{ text: 'x' }] }],
        safetySettings: safety,
        cachedContent: 'cachedContents/1',
        labels: { team: 'a' },
      },
      losses: [],
    });
  });

  it('reports fields that ask for something and says nothing of defaults and gateway fields', () => {
    const messages: ChatRequest['messages'] = [{ role: 'user', content: 'x' }];
    const asking = {
      web_search_options: {},
      user: 'u',
      logit_bias: { 1: 2 },
      service_tier: 'flex',
      metadata: { a: 'b' },
      store: true,
    };
    const { losses } = encodeRequest({ model: 'm', messages, ...asking, parallel_tool_calls: false }, target);
    expect(losses.map(({ param, action }) => `${action} ${param}`).toSorted()).toEqual(
      [...Object.keys(asking), 'parallel_tool_calls'].map((param) => `dropped ${param}`).toSorted(),
    );
    const defaults: ChatRequest = {
      model: 'm',
      messages,
      models: ['other'],
      provider: { order: ['x'] },
      stream: false,
      parallel_tool_calls: true,
      service_tier: 'auto',
      logit_bias: {},
      metadata: null,
      store: false,
      labels: null,
    };
    expect(encodeRequest(defaults, target).losses).toEqual([]);
  });

  it('gives the same bytes each time and leaves its input alone', () => {
    const frozen = deepFreeze(structuredClone(full));
    const first = JSON.stringify(encodeRequest(frozen, target));
    expect(JSON.stringify(encodeRequest(frozen, target))).toBe(first);
    expect(frozen).toEqual(full);
  });

  it('lets no unknown field into the body, which Gemini would refuse', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (unknown) => {
        const { body } = encodeRequest({ ...unknown, ...full }, target);
        expect(Object.keys(body as object).filter((field) => !BODY_FIELDS.includes(field))).toEqual([]);
      }),
    );
  });
});
