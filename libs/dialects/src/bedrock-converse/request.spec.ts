import { describe, expect, it } from '@jest/globals';
import type { ChatMessage } from '@parley/contracts';
import fc from 'fast-check';
import type { Target } from '../dialect.ts';
import { encodeRequest } from './request.ts';

const question: ChatMessage[] = [{ role: 'user', content: 'hi' }];
const targetOf = (upstreamModel: string, capabilities: Target['capabilities'] = {}): Target => {
  return { provider: 'bedrock', upstreamModel, capabilities, maxOutputTokens: null };
};
const CLAUDE = targetOf('us.anthropic.claude-haiku-4-5-20251001-v1:0');
const NOVA = targetOf('us.amazon.nova-2-lite-v1:0');
const GPT_OSS = targetOf('openai.gpt-oss-120b-1:0');
const GPT = targetOf('global.openai.gpt-5.6-luna');
const LLAMA = targetOf('meta.llama3-3-70b-instruct-v1:0');

function encode(fields: Record<string, unknown>, to: Target = CLAUDE) {
  const { body, losses } = encodeRequest({ model: 'public-name', messages: question, ...fields }, to);
  return { body: body as Record<string, unknown>, losses };
}

const plain = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] };
const lostIn = (fields: Record<string, unknown>, to?: Target) =>
  encode(fields, to).losses.map(({ param, action }) => `${param} ${action}`);

describe('a request', () => {
  it('is nothing but its messages where nothing else is asked: model and stream stand in the path', () => {
    expect(encode({ stream: true })).toEqual({ body: plain, losses: [] });
  });

  it('loses our own extensions and "off" values without a word', () => {
    const silent = {
      models: ['a'],
      provider: { only: ['x'] },
      stream_options: { include_usage: true },
      n: 1,
      logprobs: false,
      presence_penalty: 0,
      frequency_penalty: 0,
      seed: null,
      service_tier: 'auto',
    };
    expect(encode(silent)).toEqual({ body: plain, losses: [] });
  });

  it('passes native fields on unchanged, the maker’s beside ours', () => {
    const native = { guardrailConfig: { guardrailIdentifier: 'g' }, performanceConfig: { latency: 'optimized' } };
    const own = { additionalModelRequestFields: { anthropic_beta: ['x'] }, top_k: 5 };
    expect(encode({ ...native, ...own })).toEqual({
      body: { ...plain, ...native, additionalModelRequestFields: { top_k: 5, anthropic_beta: ['x'] } },
      losses: [],
    });
  });

  it('carries limits, sampling, stops, tier and metadata under their names', () => {
    const fields = {
      max_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      stop: ['a', ''],
      service_tier: 'flex',
      metadata: { team: 'a b', odd: '{}' },
    };
    expect(encode(fields, LLAMA)).toEqual({
      body: {
        ...plain,
        inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ['a'] },
        serviceTier: { type: 'flex' },
        requestMetadata: { team: 'a b' },
      },
      losses: [expect.objectContaining({ param: 'stop.1' }), expect.objectContaining({ param: 'metadata.odd' })],
    });
  });

  it.each([
    ['seed', { seed: 1 }, 'seed dropped'],
    ['a user', { user: 'u' }, 'user dropped'],
    ['a temperature above 1', { temperature: 1.5 }, 'temperature emulated'],
    ['a tier of another vendor', { service_tier: 'scale' }, 'service_tier dropped'],
    ['a stop of white space', { stop: '\n' }, 'stop dropped'],
  ])('tells the loss of %s', (_name, fields, loss) => {
    expect(lostIn(fields)).toEqual([loss]);
  });

  it('puts top_k where the maker has it', () => {
    expect(encode({ top_k: 5 }, NOVA).body['additionalModelRequestFields']).toEqual({ inferenceConfig: { topK: 5 } });
    expect(lostIn({ top_k: 5 }, LLAMA)).toEqual(['top_k dropped']);
  });

  it('is refused where it shows images to a model that is known to be blind', () => {
    const content = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }];
    const messages = [{ role: 'user', content }];
    expect(lostIn({ messages }, targetOf('amazon.nova-micro-v1:0', { images: false }))).toEqual(['messages refused']);
    expect(lostIn({ messages })).toEqual([]);
  });

  it('is the same each time and changes nothing of what it was made from', () => {
    const fields = fc.record(
      {
        temperature: fc.double({ min: 0, max: 2, noNaN: true }),
        max_tokens: fc.nat(),
        stop: fc.oneof(fc.string(), fc.array(fc.string())),
        reasoning_effort: fc.constantFrom('none', 'low', 'high', 'max'),
        parallel_tool_calls: fc.boolean(),
        tools: fc.constant([{ type: 'function', function: { name: 'f' } }]),
        metadata: fc.dictionary(fc.string(), fc.string()),
        other: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fields, fc.constantFrom(CLAUDE, NOVA, GPT_OSS, LLAMA), (asked, to) => {
        const before = structuredClone(asked);
        expect(encode(asked, to)).toEqual(encode(asked, to));
        expect(asked).toEqual(before);
      }),
    );
  });
});

describe('the effort to reason', () => {
  const fieldsOf = (fields: Record<string, unknown>, to: Target) => {
    const { inferenceConfig, additionalModelRequestFields: additional } = encode(fields, to).body;
    return { ...(inferenceConfig ? { inferenceConfig } : {}), ...(additional as object) };
  };

  it.each([
    ['low', CLAUDE, { inferenceConfig: { maxTokens: 8192 }, thinking: { type: 'enabled', budget_tokens: 4096 } }],
    ['none', targetOf('anthropic.claude-x', { reasoning: 'budget' }), { thinking: { type: 'disabled' } }],
    [
      'max',
      targetOf('global.anthropic.claude-opus-5', { reasoning: 'adaptive' }),
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'max' } },
    ],
    ['medium', NOVA, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } }],
    ['none', NOVA, { reasoningConfig: { type: 'disabled' } }],
    ['xhigh', GPT_OSS, { reasoning_effort: 'high' }],
    ['xhigh', GPT, { reasoning: { effort: 'xhigh' } }],
    ['none', GPT, { reasoning: { effort: 'none' } }],
    ['none', LLAMA, {}],
  ] as const)('%s is told in the words of the maker', (effort, to, expected) => {
    expect(fieldsOf({ reasoning_effort: effort }, to)).toEqual(expected);
  });

  it('is dropped, with a word, where there is none for it', () => {
    expect(lostIn({ reasoning_effort: 'low' }, LLAMA)).toEqual(['reasoning_effort dropped']);
    expect(lostIn({ reasoning_effort: 'none' }, GPT_OSS)).toEqual(['reasoning_effort dropped']);
    expect(lostIn({ reasoning_effort: 'low' }, targetOf('amazon.nova-lite-v1:0', { reasoning: 'none' }))).toEqual([
      'reasoning_effort dropped',
    ]);
    expect(lostIn({ thinking: { type: 'enabled' } }, NOVA)).toEqual(['thinking dropped']);
  });

  it('leaves a ceiling that was asked for, and makes room below it', () => {
    expect(fieldsOf({ reasoning_effort: 'high', max_tokens: 5000 }, CLAUDE)).toEqual({
      inferenceConfig: { maxTokens: 5000 },
      thinking: { type: 'enabled', budget_tokens: 4000 },
    });
  });

  it.each([CLAUDE, LLAMA])('leaves no ceiling above what the model can give', (to) => {
    const { body, losses } = encode({ max_tokens: 9000 }, { ...to, maxOutputTokens: 8192 });
    expect(body['inferenceConfig']).toEqual({ maxTokens: 8192 });
    expect(losses).toEqual([expect.objectContaining({ param: 'max_tokens', action: 'emulated' })]);
  });

  it('goes alone at Nova’s highest level', () => {
    const asked = { reasoning_effort: 'high', max_tokens: 100, temperature: 0.5 };
    expect(fieldsOf(asked, NOVA)).toEqual({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } });
    expect(lostIn(asked, NOVA)).toEqual(['max_tokens dropped', 'temperature dropped']);
  });

  it('excludes sampling for Claude', () => {
    expect(lostIn({ reasoning_effort: 'low', temperature: 0.5, top_k: 3 })).toEqual([
      'temperature dropped',
      'top_k dropped',
    ]);
  });

  it('gets no budget in a tool loop whose reasoning was not sent back', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
    const loop = (details: object[]) => [
      ...question,
      { role: 'assistant', content: null, tool_calls: [call], reasoning_details: details },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ];
    const thought = { type: 'reasoning.text', text: 'Hm', signature: 's', format: 'anthropic-claude-v1' };
    expect(lostIn({ reasoning_effort: 'low', messages: loop([]) })).toEqual(['reasoning_effort dropped']);
    expect(lostIn({ reasoning_effort: 'low', messages: loop([thought]) })).toEqual([]);
  });
});

describe('the form of the answer', () => {
  const schema = { type: 'object', properties: { a: { type: 'string', minLength: 2 } } };
  const response_format = { type: 'json_schema', json_schema: { name: 'my answer', description: 'D', schema } };

  it('is asked for natively, the schema as a text, where the model is known to have it', () => {
    const { body, losses } = encode({ response_format }, targetOf('minimax.minimax-m2', { json_schema: true }));
    const { textFormat } = body['outputConfig'] as { textFormat: { structure: { jsonSchema: { schema: string } } } };
    expect(textFormat).toMatchObject({
      type: 'json_schema',
      structure: { jsonSchema: { name: 'my_answer', description: 'D', schema: expect.any(String) } },
    });
    expect(JSON.parse(textFormat.structure.jsonSchema.schema)).toEqual({
      type: 'object',
      additionalProperties: false,
      properties: { a: { type: 'string', description: '(minLength: 2)' } },
    });
    expect(losses.map(({ action }) => action)).toEqual(['emulated']);
  });

  it.each([{}, { json_schema: false }])('is asked for in words where it is %j', (capabilities) => {
    const { body, losses } = encode({ response_format }, targetOf('meta.llama3-3-70b-instruct-v1:0', capabilities));
    expect(body).not.toHaveProperty('outputConfig');
    expect(body['system']).toEqual([{ text: expect.stringContaining(JSON.stringify(schema)) }]);
    expect(losses).toEqual([expect.objectContaining({ param: 'response_format', action: 'emulated' })]);
  });

  it('is asked for in words where any JSON will do', () => {
    const { body } = encode({ response_format: { type: 'json_object' } }, targetOf('x.y', { json_schema: true }));
    expect(body['system']).toEqual([{ text: expect.stringContaining('JSON object') }]);
  });
});
