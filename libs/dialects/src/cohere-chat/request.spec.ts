import { describe, expect, it } from '@jest/globals';
import type { Capabilities, ChatMessage, ChatRequest } from '@parley/contracts';
import fc from 'fast-check';
import type { Target } from '../dialect.ts';
import { answerContext } from '../fold.testing.ts';
import { encodeRequest } from './request.ts';

const targetWith = (capabilities: Capabilities): Target => ({ ...answerContext.target, capabilities });

function encode(fields: Partial<ChatRequest>, capabilities: Capabilities = {}) {
  const request: ChatRequest = { model: 'cohere/x', messages: [{ role: 'user', content: 'hi' }], ...fields };
  const { body, losses } = encodeRequest(request, targetWith(capabilities));
  return { body: body as Record<string, unknown>, losses };
}

const messagesOf = (messages: ChatMessage[], capabilities: Capabilities = {}) => {
  const { body, losses } = encode({ messages }, capabilities);
  return { messages: body['messages'], losses };
};

const tool = (name: string, fields: object = {}) => ({
  type: 'function' as const,
  function: { name, parameters: { type: 'object', properties: {}, required: ['a'] }, ...fields },
});

describe('writing a request for Cohere', () => {
  it("writes sampling under Cohere's names", () => {
    const fields = { temperature: 0.5, top_p: 0.9, top_k: 3, seed: 7, presence_penalty: 1, frequency_penalty: 0.5 };
    expect(encode({ ...fields, max_tokens: 5, max_completion_tokens: 6, stop: 'END', stream: true })).toEqual({
      body: {
        model: 'model-under-test',
        messages: [{ role: 'user', content: 'hi' }],
        stream: true,
        max_tokens: 6,
        temperature: 0.5,
        p: 0.9,
        k: 3,
        seed: 7,
        stop_sequences: ['END'],
        presence_penalty: 1,
        frequency_penalty: 0.5,
      },
      losses: [],
    });
  });

  it('brings values that Cohere would refuse to the nearest it takes, and says so', () => {
    const { body, losses } = encode({ top_p: 1, frequency_penalty: -2, presence_penalty: 2 });
    expect(body).toMatchObject({ p: 0.99, presence_penalty: 1 });
    expect(body).not.toHaveProperty('frequency_penalty');
    expect(losses.map(({ param, action }) => `${param} ${action}`)).toEqual([
      'top_p emulated',
      'presence_penalty emulated',
      'frequency_penalty emulated',
    ]);
    const many = encode({ stop: ['1', '2', '3', '4', '5', '6'] });
    expect(many.body['stop_sequences']).toHaveLength(5);
    expect(many.losses).toMatchObject([{ param: 'stop', action: 'dropped' }]);
  });

  it('sends a tool loop with its plan, and one of a reasoning model with its thoughts', () => {
    const call = { id: 'c1', type: 'function' as const, function: { name: 'weather', arguments: '{"city":"Oslo"}' } };
    const history: ChatMessage[] = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'assistant', content: null, reasoning_content: 'I must look.', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      { role: 'assistant', content: 'It rains.', reasoning_content: 'Say it.' },
    ];
    expect(messagesOf(history)).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'assistant', tool_calls: [call], tool_plan: 'I must look.' },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
        { role: 'assistant', content: 'It rains.' },
      ],
      losses: [],
    });
    expect(messagesOf(history, { reasoning: 'budget' }).messages).toMatchObject([
      {},
      { content: [{ type: 'thinking', thinking: 'I must look.' }], tool_calls: [call] },
      {},
      {
        content: [
          { type: 'thinking', thinking: 'Say it.' },
          { type: 'text', text: 'It rains.' },
        ],
      },
    ]);
  });

  it('refuses arguments that are no object, and results without the id of their call', () => {
    const call = { id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '[1]' } };
    expect(messagesOf([{ role: 'assistant', tool_calls: [call] }]).losses).toMatchObject([
      { param: 'messages.0.tool_calls.0.function.arguments', action: 'refused' },
    ]);
    expect(messagesOf([{ role: 'tool', content: '' }]).losses).toMatchObject([
      { param: 'messages.0.tool_call_id', action: 'refused' },
    ]);
  });

  it('takes images by address and as data, and documents as they are', () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } } as const;
    const document = { type: 'document', document: { data: 'x' } };
    const content = [{ type: 'text', text: 'see' }, image, document] as ChatMessage['content'];
    expect(messagesOf([{ role: 'user', content }])).toEqual({ messages: [{ role: 'user', content }], losses: [] });
    expect(messagesOf([{ role: 'user', content: [image] }], { images: false }).losses).toMatchObject([
      { param: 'messages.0.content.0', action: 'refused' },
    ]);
    const file = { type: 'file', file: { file_id: 'file-1' } } as const;
    expect(messagesOf([{ role: 'user', content: [file] }]).losses).toMatchObject([{ action: 'refused' }]);
  });

  it('forces a tool by sending it alone', () => {
    const tools = [tool('a'), tool('b')];
    const choose = (choice: ChatRequest['tool_choice']) => {
      const { body, losses } = encode({ tools, tool_choice: choice });
      expect(losses).toEqual([]);
      const sent = body['tools'] as { function: { name: string } }[];
      return [sent.map(({ function: declared }) => declared.name).join(), body['tool_choice']];
    };
    expect(choose('auto')).toEqual(['a,b', undefined]);
    expect(choose('none')).toEqual(['a,b', 'NONE']);
    expect(choose('required')).toEqual(['a,b', 'REQUIRED']);
    expect(choose({ type: 'function', function: { name: 'b' } })).toEqual(['b', 'REQUIRED']);
    const allowed = { mode: 'auto' as const, tools: [{ type: 'function', function: { name: 'a' } }] };
    expect(choose({ type: 'allowed_tools', allowed_tools: allowed })).toEqual(['a', undefined]);
    expect(encode({ tool_choice: 'required' }).body).not.toHaveProperty('tool_choice');
  });

  it('asks for strict tools where all of them can be', () => {
    const strict = { strict: true };
    expect(encode({ tools: [tool('a', strict), tool('b', strict)] })).toMatchObject({
      body: { strict_tools: true },
      losses: [],
    });
    const mixed = encode({ tools: [tool('a', strict), tool('b')] });
    expect(mixed.body).not.toHaveProperty('strict_tools');
    expect(mixed.losses).toMatchObject([{ param: 'tools.0.function.strict', action: 'dropped' }]);
    expect(encode({ tools: [tool('a', { ...strict, parameters: null })] }).losses).toHaveLength(1);
  });

  it('asks for JSON by its schema where there is one', () => {
    const schema = { type: 'object', properties: {} };
    expect(encode({ response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } }).body).toMatchObject(
      {
        response_format: { type: 'json_object', json_schema: schema },
      },
    );
    expect(encode({ response_format: { type: 'json_object' } }).body['response_format']).toEqual({
      type: 'json_object',
    });
  });

  it('asks for thought as the model takes it', () => {
    const think = (effort: ChatRequest['reasoning_effort'], reasoning?: Capabilities['reasoning']) => {
      const { body, losses } = encode({ reasoning_effort: effort }, { reasoning });
      return [body['thinking'], losses.map(({ action }) => action).join()];
    };
    expect(think('low', 'budget')).toEqual([{ type: 'enabled', token_budget: 2048 }, '']);
    expect(think('high')).toEqual([{ type: 'enabled' }, '']);
    expect(think('none', 'budget')).toEqual([{ type: 'disabled' }, '']);
    expect(think('none')).toEqual([undefined, '']);
    expect(think('high', 'none')).toEqual([undefined, 'dropped']);
  });

  it("passes Cohere's own fields on untouched, and lets them win", () => {
    const native = {
      documents: [{ id: 'd', data: { text: 'x' } }],
      citation_options: { mode: 'OFF' },
      safety_mode: 'STRICT',
      thinking: { type: 'disabled' },
    };
    expect(encode({ reasoning_effort: 'high', ...native })).toMatchObject({ body: native, losses: [] });
  });

  it('reports what has no counterpart', () => {
    const { body, losses } = encode({ logprobs: true, top_logprobs: 3, user: 'u', parallel_tool_calls: false });
    expect(body['logprobs']).toBe(true);
    expect(losses.map(({ param, action }) => `${param} ${action}`)).toEqual(['top_logprobs dropped', 'user dropped']);
  });

  it('changes nothing of its input and writes the same bytes again', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (fields, content) => {
        const request = {
          ...fields,
          model: 'm',
          messages: [{ role: 'user', content }],
          tools: [tool('a')],
        } as ChatRequest;
        const before = structuredClone(request);
        const first = JSON.stringify(encodeRequest(request, answerContext.target));
        expect(JSON.stringify(encodeRequest(request, answerContext.target))).toBe(first);
        expect(request).toEqual(before);
      }),
    );
  });
});
