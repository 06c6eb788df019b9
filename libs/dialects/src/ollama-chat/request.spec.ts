import { describe, expect, it } from '@jest/globals';
import type { Capabilities, ChatMessage, ChatRequest } from '@parley/contracts';
import fc from 'fast-check';
import type { Target } from '../dialect.ts';
import { answerContext } from '../fold.testing.ts';
import { encodeRequest } from './request.ts';

const targetWith = (capabilities: Capabilities): Target => ({ ...answerContext.target, capabilities });

function encode(fields: Partial<ChatRequest>, target: Target = answerContext.target) {
  const request: ChatRequest = { model: 'ollama/x', messages: [{ role: 'user', content: 'hi' }], ...fields };
  const { body, losses } = encodeRequest(request, target);
  return { body: body as Record<string, unknown>, losses };
}

const messagesOf = (messages: ChatMessage[], target?: Target) => {
  const { body, losses } = encode({ messages }, target);
  return { messages: body['messages'], losses };
};

const tool = (name: string) => ({ type: 'function' as const, function: { name, parameters: { required: ['a'] } } });

describe('writing a request for Ollama', () => {
  it('says whether to stream, since Ollama streams unless told not to', () => {
    expect(encode({}).body).toEqual({
      model: 'model-under-test',
      messages: [{ role: 'user', content: 'hi' }],
      stream: false,
    });
    expect(encode({ stream: true, stream_options: { include_usage: true } })).toMatchObject({
      body: { stream: true },
      losses: [],
    });
  });

  it("writes sampling as options, under Ollama's names, and lets Ollama's own words win", () => {
    const fields = { temperature: 0.5, top_p: 0.9, top_k: 3, seed: 7, presence_penalty: 1, frequency_penalty: -1 };
    expect(encode({ ...fields, max_tokens: 5, max_completion_tokens: 6, stop: 'END' }).body['options']).toEqual({
      ...fields,
      num_predict: 6,
      stop: ['END'],
    });
    const native = { options: { num_ctx: 8192, num_predict: 9 }, keep_alive: '5m', think: false };
    expect(encode({ max_tokens: 5, reasoning_effort: 'high', ...native }).body).toMatchObject(native);
    expect(encode({ temperature: null, stop: null, seed: null }).body).not.toHaveProperty('options');
  });

  it('keeps several texts of a message as lines of one, and images as bare base64', () => {
    const content: ChatMessage['content'] = [
      { type: 'text', text: 'one' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'text', text: 'two' },
    ];
    expect(messagesOf([{ role: 'user', content }])).toEqual({
      messages: [{ role: 'user', content: 'one\ntwo', images: ['AAAA'] }],
      losses: [],
    });
  });

  it.each([
    ['an image at an address', { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
    ['audio', { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }],
    ['a file', { type: 'file', file: { file_id: 'file-1' } }],
  ] as const)('refuses %s', (_what, part) => {
    const { losses } = messagesOf([{ role: 'user', content: [part] }]);
    expect(losses).toMatchObject([{ param: 'messages.0.content.0', action: 'refused' }]);
  });

  it('refuses images for a model that is known not to see', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } } as const;
    const { losses } = messagesOf([{ role: 'user', content: [image] }], targetWith({ images: false }));
    expect(losses).toMatchObject([{ action: 'refused', reason: 'the model does not read images' }]);
  });

  it('sends calls with arguments as objects, results by the name of their tool, and thoughts back', () => {
    const call = { id: 'c1', type: 'function' as const, function: { name: 'weather', arguments: '{"city":"Oslo"}' } };
    const history: ChatMessage[] = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: null, reasoning_content: 'I must look.', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'rain' },
    ];
    expect(messagesOf(history)).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: '',
          thinking: 'I must look.',
          tool_calls: [{ id: 'c1', function: { index: 0, name: 'weather', arguments: { city: 'Oslo' } } }],
        },
        { role: 'tool', content: 'rain', tool_name: 'weather', tool_call_id: 'c1' },
      ],
      losses: [],
    });
  });

  it('refuses arguments that are no object, and results of calls that nobody made', () => {
    const call = { id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '[1]' } };
    expect(messagesOf([{ role: 'assistant', tool_calls: [call] }]).losses).toMatchObject([
      { param: 'messages.0.tool_calls.0.function.arguments', action: 'refused' },
    ]);
    expect(messagesOf([{ role: 'tool', tool_call_id: 'x', content: '' }]).losses).toMatchObject([
      { param: 'messages.0.tool_call_id', action: 'refused' },
    ]);
  });

  it('writes tools, and does with the choice among them what can be done', () => {
    const tools = [tool('a'), tool('b')];
    const names = (choice: ChatRequest['tool_choice']) => {
      const { body, losses } = encode({ tools, tool_choice: choice });
      const sent = (body['tools'] ?? []) as { function: { name: string } }[];
      return [sent.map(({ function: declared }) => declared.name).join(), losses.map(({ action }) => action).join()];
    };
    expect(encode({ tools: [tool('a')] }).body['tools']).toEqual([
      { type: 'function', function: { name: 'a', parameters: { type: 'object', properties: {}, required: ['a'] } } },
    ]);
    expect(names('auto')).toEqual(['a,b', '']);
    expect(names('none')).toEqual(['', 'emulated']);
    expect(names('required')).toEqual(['a,b', 'dropped']);
    expect(names({ type: 'function', function: { name: 'b' } })).toEqual(['b', 'dropped']);
    const allowed = { mode: 'auto' as const, tools: [{ type: 'function', function: { name: 'a' } }] };
    expect(names({ type: 'allowed_tools', allowed_tools: allowed })).toEqual(['a', '']);
    expect(encode({ tools }, targetWith({ tools: false })).losses).toMatchObject([
      { param: 'tools', action: 'refused' },
    ]);
  });

  it('asks for JSON by its schema where there is one', () => {
    const schema = { type: 'object', properties: {} };
    expect(encode({ response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } }).body).toMatchObject(
      {
        format: schema,
      },
    );
    expect(encode({ response_format: { type: 'json_object' } }).body).toMatchObject({ format: 'json' });
    expect(encode({ response_format: { type: 'text' } }).body).not.toHaveProperty('format');
  });

  it('asks for thought as the model takes it', () => {
    const think = (effort: ChatRequest['reasoning_effort'], reasoning?: Capabilities['reasoning']) => {
      const { body, losses } = encode({ reasoning_effort: effort }, targetWith({ reasoning }));
      return [body['think'], losses.map(({ action }) => action).join()];
    };
    expect(think('none')).toEqual([false, '']);
    expect(think('max')).toEqual(['high', '']);
    expect(think('minimal', 'effort')).toEqual(['low', '']);
    expect(think('none', 'effort')).toEqual(['low', 'emulated']);
    expect(think('high', 'none')).toEqual([undefined, 'dropped']);
    expect(think('none', 'none')).toEqual([undefined, '']);
  });

  it('reports what has no counterpart, and nothing that asks for nothing', () => {
    const idle = { n: 1, user: '', logit_bias: {}, service_tier: 'auto', store: false, metadata: null };
    expect(encode(idle)).toMatchObject({ body: { stream: false }, losses: [] });
    const params = encode({ logit_bias: { 5: 1 }, user: 'u', verbosity: 'low' }).losses.map(({ param }) => param);
    expect(params).toEqual(['logit_bias', 'user', 'verbosity']);
  });

  it('changes nothing of its input and writes the same bytes again', () => {
    const anything = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(anything, fc.string(), (fields, content) => {
        const request = {
          ...fields,
          model: 'm',
          messages: [{ role: 'user', content }],
          tools: [tool('a')],
        } as ChatRequest;
        delete request['options'];
        const before = structuredClone(request);
        const first = JSON.stringify(encodeRequest(request, answerContext.target));
        expect(JSON.stringify(encodeRequest(request, answerContext.target))).toBe(first);
        expect(request).toEqual(before);
      }),
    );
  });
});
