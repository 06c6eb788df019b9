import { describe, expect, it } from '@jest/globals';
import type { Capabilities, ChatRequest, ReasoningEffort } from '@parley/contracts';
import type { Loss } from '../dialect.ts';
import { encodeGenerationConfig } from './generation-config.ts';

function encode(fields: Partial<ChatRequest>, capabilities: Capabilities = {}): { config: unknown; losses: Loss[] } {
  const losses: Loss[] = [];
  const target = { provider: 'google', upstreamModel: 'm', capabilities, maxOutputTokens: null };
  return { config: encodeGenerationConfig({ model: 'm', messages: [], ...fields }, target, losses), losses };
}

describe('encodeGenerationConfig', () => {
  it('carries every sampling field under its Gemini name', () => {
    const fields: Partial<ChatRequest> = {
      temperature: 0,
      top_p: 0.5,
      top_k: 3,
      max_tokens: 10,
      max_completion_tokens: 20,
      stop: 'END',
      seed: 0,
      n: 2,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
      logprobs: true,
      top_logprobs: 4,
    };
    expect(encode(fields)).toEqual({
      config: {
        temperature: 0,
        topP: 0.5,
        topK: 3,
        maxOutputTokens: 20,
        stopSequences: ['END'],
        seed: 0,
        candidateCount: 2,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        responseLogprobs: true,
        logprobs: 4,
      },
      losses: [],
    });
  });

  it('sends nothing for null and absent fields', () => {
    expect(encode({ temperature: null, stop: null, logprobs: false, stop_sequences: undefined })).toEqual({
      config: {},
      losses: [],
    });
  });

  it('sends five stop sequences at most and says so', () => {
    const { config, losses } = encode({ stop: ['a', 'b', 'c', 'd', 'e', 'f'] });
    expect(config).toEqual({ stopSequences: ['a', 'b', 'c', 'd', 'e'] });
    expect(losses).toMatchObject([{ param: 'stop', action: 'dropped' }]);
  });

  it('asks for JSON, with a schema where there is one', () => {
    const schema = { type: 'object', $defs: { a: {} }, $schema: 'x' };
    expect(encode({ response_format: { type: 'text' } }).config).toEqual({});
    expect(encode({ response_format: { type: 'json_object' } }).config).toEqual({
      responseMimeType: 'application/json',
    });
    expect(encode({ response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } }).config).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object', $defs: { a: {} } },
    });
    expect(encode({ response_format: { type: 'json_schema', json_schema: { name: 'n' } } }).config).toEqual({
      responseMimeType: 'application/json',
    });
    const grammar = { type: 'grammar' } as unknown as ChatRequest['response_format'];
    expect(encode({ response_format: grammar }).losses).toMatchObject([
      { param: 'response_format', action: 'refused' },
    ]);
  });

  it.each<[ReasoningEffort, string, number]>([
    ['minimal', 'MINIMAL', 512],
    ['low', 'LOW', 1024],
    ['medium', 'MEDIUM', 8192],
    ['high', 'HIGH', 24_576],
    ['xhigh', 'HIGH', 24_576],
    ['max', 'HIGH', 24_576],
  ])('asks for %s reasoning as a level or as a budget', (reasoning_effort, thinkingLevel, thinkingBudget) => {
    const level = { thinkingConfig: { thinkingLevel, includeThoughts: true } };
    const budget = { thinkingConfig: { thinkingBudget, includeThoughts: true } };
    expect(encode({ reasoning_effort }, { reasoning: 'effort' }).config).toEqual(level);
    expect(encode({ reasoning_effort }, { reasoning: 'adaptive' }).config).toEqual(level);
    expect(encode({ reasoning_effort }, { reasoning: 'budget' }).config).toEqual(budget);
    expect(encode({ reasoning_effort }).config).toEqual(budget);
  });

  it('switches reasoning off where that is possible, and says where it is not', () => {
    expect(encode({ reasoning_effort: 'none' }, { reasoning: 'budget' })).toEqual({
      config: { thinkingConfig: { thinkingBudget: 0 } },
      losses: [],
    });
    const { config, losses } = encode({ reasoning_effort: 'none' }, { reasoning: 'effort' });
    expect(config).toEqual({ thinkingConfig: { thinkingLevel: 'MINIMAL' } });
    expect(losses).toMatchObject([{ param: 'reasoning_effort', action: 'emulated' }]);
  });

  it('drops the effort for a model that does not reason, and an effort it does not know', () => {
    const dropped = { config: {}, losses: [{ param: 'reasoning_effort', action: 'dropped' }] };
    expect(encode({ reasoning_effort: 'low' }, { reasoning: 'none' })).toMatchObject(dropped);
    expect(encode({ reasoning_effort: 'huge' as ReasoningEffort })).toMatchObject(dropped);
    expect(encode({ reasoning_effort: 'none' }, { reasoning: 'none' })).toEqual({ config: {}, losses: [] });
  });
});
