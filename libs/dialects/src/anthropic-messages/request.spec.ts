import { describe, expect, it } from '@jest/globals';
import type { ChatMessage, ChatRequest } from '@parley/contracts';
import fc from 'fast-check';
import type { Target } from '../dialect.ts';
import { encodeRequest } from './request.ts';

const question: ChatMessage[] = [{ role: 'user', content: 'hi' }];
const target: Target = { provider: 'anthropic', upstreamModel: 'claude-x', capabilities: {}, maxOutputTokens: 8192 };

function encode(fields: Record<string, unknown>, to: Target = target) {
  const { body, losses } = encodeRequest({ model: 'public-name', messages: question, ...fields }, to);
  return { body: body as Record<string, unknown>, losses };
}

const plain = {
  model: 'claude-x',
  max_tokens: 8192,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
};

describe('encodeRequest', () => {
  it('writes the least request with the model name of the provider', () => {
    expect(encode({})).toEqual({ body: plain, losses: [] });
  });

  it('writes what a reseller wants otherwise', () => {
    const { model: _model, ...rest } = plain;
    const reseller = { ...target, bodyEdits: { model: undefined, anthropic_version: 'theirs' } };
    expect(encode({}, reseller).body).toEqual({ ...rest, anthropic_version: 'theirs' });
    expect(encode({}, reseller).body).not.toHaveProperty('model');
  });

  it('removes our own extensions and "off" values without a word', () => {
    const silent = {
      models: ['a'],
      provider: { only: ['x'] },
      stream_options: { include_usage: true },
      stream: false,
      n: 1,
      logprobs: false,
      presence_penalty: 0,
      frequency_penalty: 0,
      seed: null,
      unknown: undefined,
    };
    expect(encode(silent)).toEqual({ body: plain, losses: [] });
  });

  it('passes native fields on unchanged', () => {
    const native = {
      thinking: { type: 'enabled', budget_tokens: 2000 },
      container: 'container_1',
      context_management: { edits: [] },
      mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'x' }],
      cache_control: { type: 'ephemeral' },
      metadata: { user_id: 'u1' },
      service_tier: 'standard_only',
      stream: true,
    };
    expect(encode(native)).toEqual({ body: { ...plain, ...native }, losses: [] });
  });

  it('joins native output_config with what the hub fields ask for, the native part winning', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    const fields = {
      reasoning_effort: 'high',
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
      output_config: { effort: 'low' },
    };
    const { body } = encode(fields, { ...target, capabilities: { reasoning: 'adaptive' } });
    expect(body['output_config']).toEqual({ effort: 'low', format: { type: 'json_schema', schema } });
    expect(body['thinking']).toMatchObject({ type: 'adaptive' });
  });

  it('ends the system prompt with the instruction for JSON', () => {
    const messages = [{ role: 'system', content: 'rules' }, ...question];
    const { body } = encode({ messages, response_format: { type: 'json_object' } });
    expect(body['system']).toMatchObject([{ text: 'rules' }, { text: expect.stringContaining('JSON') }]);
  });

  it('frees a forced tool choice and the temperature when the model shall think', () => {
    const fields = {
      reasoning_effort: 'low',
      temperature: 0,
      tools: [{ type: 'function', function: { name: 'look' } }],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
    };
    const { body, losses } = encode(fields);
    expect(body).toMatchObject({ thinking: { type: 'enabled' }, tool_choice: { type: 'auto' } });
    expect(body['tool_choice']).toEqual({ type: 'auto', disable_parallel_tool_use: true });
    expect(body).not.toHaveProperty('temperature');
    expect(losses.map(({ param, action }) => `${param} ${action}`)).toEqual([
      'tool_choice dropped',
      'temperature dropped',
    ]);
  });

  it.each([
    ['END', ['END'], []],
    [['a', '\n', 'b'], ['a', 'b'], ['stop.1']],
    ['\n\n', undefined, ['stop']],
    [[], undefined, []],
  ])('writes the stop sequences %j', (stop, sequences, dropped) => {
    const { body, losses } = encode({ stop });
    expect(body['stop_sequences']).toEqual(sequences);
    expect(losses.map(({ param }) => param)).toEqual(dropped);
  });

  it.each([
    [{ user: 'u' }, { user_id: 'u' }, []],
    [{ safety_identifier: 's', user: 'u' }, { user_id: 's' }, []],
    [{ metadata: { user_id: 'm', team: 't' }, user: 'u' }, { user_id: 'm' }, ['metadata.team']],
    [{ user: 'ann@example.com' }, undefined, ['user']],
    [{ user: 'x'.repeat(257) }, undefined, ['user']],
    [{ user: '' }, undefined, []],
  ])('writes the end user of %j', (fields, metadata, dropped) => {
    const { body, losses } = encode(fields);
    expect(body['metadata']).toEqual(metadata);
    expect(losses.map(({ param }) => param)).toEqual(dropped);
  });

  it('reports every field that Anthropic does not have', () => {
    const fields = {
      seed: 1,
      logprobs: true,
      top_logprobs: 2,
      logit_bias: { 5: 1 },
      presence_penalty: 1,
      frequency_penalty: -1,
      service_tier: 'flex',
      betas: ['x'],
      anything: {},
    };
    const { body, losses } = encode(fields);
    expect(body).toEqual(plain);
    expect(losses.every((loss) => loss.action === 'dropped')).toBe(true);
    expect(losses.map(({ param }) => param).sort()).toEqual(Object.keys(fields).sort());
  });

  it('refuses images for a model that does not see', () => {
    const image = [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }];
    const blind = { ...target, capabilities: { images: false } };
    expect(encode({ messages: [{ role: 'user', content: image }] }, blind).losses).toMatchObject([
      { action: 'refused' },
    ]);
    const result = { role: 'tool', tool_call_id: 'a', content: image };
    expect(encode({ messages: [result] }, blind).losses).toMatchObject([{ param: 'messages', action: 'refused' }]);
  });
});

const KNOWN_BODY_FIELDS = [
  'model',
  'max_tokens',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'service_tier',
  'stream',
  'cache_control',
  'container',
  'context_management',
  'mcp_servers',
];

describe('for any request, encodeRequest', () => {
  const content = fc.oneof(
    fc.string(),
    fc.constant(null),
    fc.array(fc.record({ type: fc.constant('text' as const), text: fc.string() }), { maxLength: 3 }),
  );
  const message: fc.Arbitrary<ChatMessage> = fc.record(
    {
      role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool'),
      content,
      tool_call_id: fc.string(),
      extra: fc.jsonValue(),
    },
    { requiredKeys: ['role'] },
  );
  const request: fc.Arbitrary<ChatRequest> = fc
    .tuple(
      fc.record(
        {
          model: fc.string(),
          messages: fc.array(message, { maxLength: 6 }),
          temperature: fc.double({ min: 0, max: 2, noNaN: true }),
          top_p: fc.double({ min: 0, max: 1, noNaN: true }),
          stop: fc.oneof(fc.string(), fc.array(fc.string())),
          max_tokens: fc.integer({ min: 1, max: 100_000 }),
          reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'high', 'max'),
        },
        { requiredKeys: ['model', 'messages'] },
      ),
      fc.dictionary(fc.stringMatching(/^x_\w{1,8}$/), fc.jsonValue()),
    )
    .map(([known, unknown]) => ({ ...unknown, ...known }));

  it('gives the same bytes twice and leaves a deep-frozen input alone', () => {
    fc.assert(
      fc.property(request, (input) => {
        const frozen = deepFreeze(structuredClone(input));
        expect(JSON.stringify(encodeRequest(frozen, target))).toBe(JSON.stringify(encodeRequest(frozen, target)));
        expect(frozen).toEqual(input);
      }),
    );
  });

  it('sends no unknown field, reports each, never sends blank text and alternates roles from the user on', () => {
    fc.assert(
      fc.property(request, (input) => {
        const { body, losses } = encodeRequest(input, target);
        const written = body as { messages: { role: string; content: { text?: string }[] }[] };
        const unknown = Object.keys(input).filter((key) => key.startsWith('x_') && input[key] !== null);
        expect(Object.keys(written).filter((key) => !KNOWN_BODY_FIELDS.includes(key))).toEqual([]);
        expect(losses.map(({ param }) => param)).toEqual(expect.arrayContaining(unknown));
        expect(JSON.stringify(body)).not.toContain('"extra"');
        expect(written.messages.every(({ role }, index) => role === (index % 2 === 0 ? 'user' : 'assistant'))).toBe(
          true,
        );
        const texts = written.messages.flatMap(({ content: blocks }) => blocks.map(({ text }) => text ?? 'no text'));
        expect(texts.filter((text) => text.trim() === '')).toEqual([]);
      }),
    );
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}
