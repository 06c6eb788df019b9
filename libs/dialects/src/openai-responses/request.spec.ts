import { describe, expect, it } from '@jest/globals';
import type { Capabilities, ChatMessage, ChatRequest } from '@parley/contracts';
import fc from 'fast-check';
import type { Target } from '../dialect.ts';
import { encodeRequest } from './request.ts';

const question: ChatMessage[] = [{ role: 'user', content: 'hi' }];

function encode(fields: Record<string, unknown>, capabilities: Capabilities = {}) {
  const target: Target = { provider: 'openai', upstreamModel: 'gpt-x', capabilities, maxOutputTokens: null };
  const { body, losses } = encodeRequest({ model: 'public-name', messages: question, ...fields }, target);
  return { body: body as Record<string, unknown>, losses };
}

const plain = { model: 'gpt-x', input: [{ type: 'message', role: 'user', content: 'hi' }], store: false };
const ENCRYPTED = 'reasoning.encrypted_content';

describe('encodeRequest', () => {
  it('writes the least request, which leaves nothing at the provider', () => {
    expect(encode({})).toEqual({ body: plain, losses: [] });
  });

  it('removes our own extensions and "off" values without a word', () => {
    const silent = {
      models: ['a'],
      provider: { only: ['x'] },
      stream_options: { include_usage: true },
      stream: false,
      n: 1,
      stop: [],
      modalities: ['text'],
      logprobs: false,
      presence_penalty: 0,
      frequency_penalty: 0,
      seed: null,
      unknown: undefined,
    };
    expect(encode(silent)).toEqual({ body: plain, losses: [] });
  });

  it('passes fields of the same meaning on unchanged', () => {
    const same = {
      metadata: { a: 'b' },
      service_tier: 'flex',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      safety_identifier: 's',
      user: 'u',
      truncation: 'auto',
      temperature: 0.5,
      top_p: 0.9,
      stream: true,
      store: true,
    };
    expect(encode(same)).toEqual({ body: { ...plain, ...same }, losses: [] });
  });

  it('asks for log probabilities by name', () => {
    expect(encode({ logprobs: true, top_logprobs: 3 }).body).toEqual({
      ...plain,
      include: ['message.output_text.logprobs'],
      top_logprobs: 3,
    });
  });

  it.each<[param: string, value: unknown, action: string]>([
    ['stop', ['END'], 'refused'],
    ['modalities', ['text', 'audio'], 'refused'],
    ['seed', 7, 'dropped'],
    ['presence_penalty', 1, 'dropped'],
    ['frequency_penalty', -1, 'dropped'],
    ['logit_bias', { 5: 1 }, 'dropped'],
    ['top_k', 5, 'dropped'],
  ])('calls %s %j a loss', (param, value, action) => {
    const { body, losses } = encode({ [param]: value });
    expect(losses).toEqual([expect.objectContaining({ param, action })]);
    expect(body).toEqual(plain);
  });

  it('takes either limit of tokens, raised to the least one that is allowed', () => {
    expect(encode({ max_tokens: 100 }).body['max_output_tokens']).toBe(100);
    expect(encode({ max_completion_tokens: 200, max_tokens: 100 }).body['max_output_tokens']).toBe(200);
    const { body, losses } = encode({ max_tokens: 1 });
    expect(body['max_output_tokens']).toBe(16);
    expect(losses).toEqual([expect.objectContaining({ param: 'max_tokens', action: 'emulated' })]);
  });

  it('drops sampling parameters that the model refuses, and says so unless they are the default', () => {
    const { body, losses } = encode({ temperature: 0.2, top_p: 1 }, { sampling: false });
    expect(body).toEqual(plain);
    expect(losses.map(({ param }) => param)).toEqual(['temperature']);
  });

  it('writes the form of the answer under text', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    const json_schema = { name: 'x', description: 'd', schema, strict: true };
    expect(encode({ response_format: { type: 'json_schema', json_schema }, verbosity: 'low' }).body['text']).toEqual({
      format: { type: 'json_schema', ...json_schema },
      verbosity: 'low',
    });
    expect(encode({ response_format: { type: 'json_object' } }).body['text']).toEqual({
      format: { type: 'json_object' },
    });
    expect(encode({ response_format: { type: 'text' } }).body).toEqual(plain);
  });

  it('refuses images for a model that reads none', () => {
    const messages = [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a.example/b.png' } }] },
    ];
    expect(encode({ messages }, { images: false }).losses).toEqual([
      expect.objectContaining({ param: 'messages', action: 'refused' }),
    ]);
    expect(encode({ messages }).losses).toEqual([]);
  });
});

describe('reasoning', () => {
  it.each<
    [what: string, fields: Record<string, unknown>, capabilities: Capabilities, reasoning: unknown, include: unknown]
  >([
    ['nothing asked of an unknown model', {}, {}, undefined, undefined],
    ['nothing asked of a model that reasons', {}, { reasoning: 'effort' }, undefined, [ENCRYPTED]],
    ['an effort', { reasoning_effort: 'high' }, {}, { effort: 'high' }, [ENCRYPTED]],
    ['no reasoning of an unknown model', { reasoning_effort: 'none' }, {}, { effort: 'none' }, undefined],
    ['no reasoning where there is none', { reasoning_effort: 'none' }, { reasoning: 'none' }, undefined, undefined],
    [
      'a summary in the words of the API',
      { reasoning_effort: 'low', reasoning: { summary: 'auto' } },
      {},
      { effort: 'low', summary: 'auto' },
      [ENCRYPTED],
    ],
  ])('%s', (_what, fields, capabilities, reasoning, include) => {
    const { body, losses } = encode(fields, capabilities);
    expect([body['reasoning'], body['include'], losses]).toEqual([reasoning, include, []]);
  });

  it('is dropped aloud for a model that does not reason', () => {
    const { body, losses } = encode({ reasoning_effort: 'high' }, { reasoning: 'none' });
    expect(body).toEqual(plain);
    expect(losses).toEqual([expect.objectContaining({ param: 'reasoning_effort', action: 'dropped' })]);
  });
});

describe('tools', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };
  const weather = { type: 'function', function: { name: 'weather', description: 'd', parameters } };

  it('are flat, and strict only where they are so in the hub', () => {
    const strict = { type: 'function', function: { name: 'now', strict: true } };
    expect(encode({ tools: [weather, strict], parallel_tool_calls: false }).body).toEqual({
      ...plain,
      tools: [
        { type: 'function', name: 'weather', description: 'd', parameters, strict: false },
        { type: 'function', name: 'now', parameters: { type: 'object', properties: {} }, strict: true },
      ],
      parallel_tool_calls: false,
    });
  });

  it.each([
    ['auto', 'auto'],
    ['required', 'required'],
    [
      { type: 'function', function: { name: 'weather' } },
      { type: 'function', name: 'weather' },
    ],
    [
      { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [weather] } },
      { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'weather' }] },
    ],
  ])('are chosen: %j', (tool_choice, written) => {
    expect(encode({ tools: [weather], tool_choice }).body['tool_choice']).toEqual(written);
  });

  it('that run at the provider are passed on, others are refused', () => {
    const search = { type: 'web_search', search_context_size: 'low' };
    expect(encode({ tools: [search] })).toEqual({ body: { ...plain, tools: [search] }, losses: [] });
    expect(encode({ tools: [{ type: 'custom', custom: { name: 'x' } }] }).losses).toEqual([
      expect.objectContaining({ param: 'tools.0', action: 'refused' }),
    ]);
    expect(encode({ tools: [weather] }, { tools: false }).losses).toEqual([
      expect.objectContaining({ param: 'tools', action: 'refused' }),
    ]);
  });
});

describe('any request', () => {
  const part = fc.oneof(
    fc.record({ type: fc.constant('text'), text: fc.string() }),
    fc.record({ type: fc.constant('image_url'), image_url: fc.record({ url: fc.webUrl() }) }),
    fc.record({ type: fc.constant('file'), file: fc.record({ file_data: fc.string() }) }),
    fc.record({ type: fc.string() }),
  );
  const detail = fc.record({
    type: fc.constantFrom('reasoning.encrypted', 'reasoning.summary', 'reasoning.text'),
    data: fc.option(fc.string()),
    id: fc.option(fc.string()),
    tool_call_id: fc.option(fc.constantFrom('a', 'b')),
    format: fc.constantFrom('openai-responses-v1', 'anthropic-claude-v1'),
  });
  const message = fc.record({
    role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool', 'function'),
    content: fc.option(fc.oneof(fc.string(), fc.array(part, { maxLength: 3 }))),
    tool_call_id: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    tool_calls: fc.option(
      fc.array(
        fc.record({ id: fc.constantFrom('a', 'b'), function: fc.record({ name: fc.string(), arguments: fc.json() }) }),
      ),
    ),
    reasoning_details: fc.option(fc.array(detail, { maxLength: 4 })),
  });
  const request = fc.record({ model: fc.string(), messages: fc.array(message, { maxLength: 5 }) });

  it('is left as it was, and gives the same body twice', () => {
    fc.assert(
      fc.property(request, (value) => {
        const before = structuredClone(value);
        const target: Target = { provider: 'x', upstreamModel: 'm', capabilities: {}, maxOutputTokens: null };
        const first = encodeRequest(value as ChatRequest, target);
        expect(encodeRequest(value as ChatRequest, target)).toEqual(first);
        expect(value).toEqual(before);
      }),
    );
  });
});
