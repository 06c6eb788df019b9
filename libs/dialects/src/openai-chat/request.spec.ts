import { describe, expect, it } from '@jest/globals';
import { GatewayError, type ChatRequest } from '@parley/contracts';
import fc from 'fast-check';
import type { Target } from '../dialect.ts';
import { findMembers } from '../json-members.ts';
import { chatDoor } from './door.ts';
import { decodeChatRequest, encodeRequest, lossesInHub } from './request.ts';

const target: Target = {
  provider: 'openai',
  upstreamModel: 'vendor/"quoted" model:free',
  capabilities: {},
  maxOutputTokens: null,
};
const messages = [{ role: 'user', content: 'hi' }];
const bodyWith = (fields: object): unknown => ({ model: 'gpt', messages, ...fields });
const bodyWithMessage = (message: unknown): unknown => bodyWith({ messages: [messages[0], message] });

/** What the door says about a body that it refuses. */
function refusalOf(body: unknown): { code: string; param: unknown; problem: unknown } {
  try {
    decodeChatRequest(body);
  } catch (error) {
    if (error instanceof GatewayError) {
      return { code: error.code, param: error.details.param, problem: error.details.values?.['problem'] };
    }
    throw error;
  }
  throw new Error('the body was taken');
}

describe('bodies that no provider could read', () => {
  const part = (content: unknown) => bodyWithMessage({ role: 'user', content: [content] });
  const call = (fields: object) =>
    bodyWithMessage({
      role: 'assistant',
      tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{}' }, ...fields }],
    });

  it.each<[name: string, body: unknown, param: string, problem: RegExp]>([
    ['no object', 'hello', 'body', /object/],
    ['a list', [], 'body', /object/],
    ['null', null, 'body', /object/],
    ['no model', { messages }, 'model', /^is required$/],
    ['an empty model', bodyWith({ model: '' }), 'model', />=1 character/],
    ['a model of another type', bodyWith({ model: 5 }), 'model', /expected string/],
    ['no messages', { model: 'gpt' }, 'messages', /^is required$/],
    ['an empty list of messages', bodyWith({ messages: [] }), 'messages', />=1 item/],
    ['messages of another type', bodyWith({ messages: 'hi' }), 'messages', /expected array/],
    ['a message that is none', bodyWithMessage('hi'), 'messages.1', /object/],
    ['a message without a role', bodyWithMessage({ content: 'hi' }), 'messages.1.role', /none of the forms/],
    ['an unknown role', bodyWithMessage({ role: 'robot', content: 'hi' }), 'messages.1.role', /none of the forms/],
    ['a user without content', bodyWithMessage({ role: 'user' }), 'messages.1.content', /none of the forms/],
    [
      'content of another type',
      bodyWithMessage({ role: 'user', content: 7 }),
      'messages.1.content',
      /none of the forms/,
    ],
    [
      'a tool answer without its call',
      bodyWithMessage({ role: 'tool', content: 'x' }),
      'messages.1.tool_call_id',
      /^is required$/,
    ],
    ['a part without a type', part({ text: 'x' }), 'messages.1.content.0.type', /.+/],
    ['a text part without text', part({ type: 'text' }), 'messages.1.content.0.text', /^is required$/],
    [
      'an image without an address',
      part({ type: 'image_url', image_url: {} }),
      'messages.1.content.0.image_url.url',
      /^is required$/,
    ],
    [
      'an image as a bare string',
      part({ type: 'image_url', image_url: 'x' }),
      'messages.1.content.0.image_url',
      /expected object/,
    ],
    [
      'audio without its format',
      part({ type: 'input_audio', input_audio: { data: 'AAAA' } }),
      'messages.1.content.0.input_audio.format',
      /^is required$/,
    ],
    [
      'a call without a name',
      call({ function: { arguments: '{}' } }),
      'messages.1.tool_calls.0.function.name',
      /^is required$/,
    ],
    [
      'a call whose arguments are an object',
      call({ function: { name: 'f', arguments: {} } }),
      'messages.1.tool_calls.0.function.arguments',
      /expected string/,
    ],
    ['a call without an id', call({ id: '' }), 'messages.1.tool_calls.0.id', />=1 character/],
    ['a temperature out of range', bodyWith({ temperature: 2.5 }), 'temperature', /<=2/],
    ['a negative top_p', bodyWith({ top_p: -0.1 }), 'top_p', />=0/],
    ['no answers', bodyWith({ n: 0 }), 'n', />=1/],
    ['half a token', bodyWith({ max_tokens: 0.5 }), 'max_tokens', /int/],
    ['no token', bodyWith({ max_completion_tokens: 0 }), 'max_completion_tokens', />0/],
    ['stream as text', bodyWith({ stream: 'true' }), 'stream', /expected boolean/],
    [
      'a tool without a name',
      bodyWith({ tools: [{ type: 'function', function: {} }] }),
      'tools.0.function.name',
      /^is required$/,
    ],
    ['a tool without its function', bodyWith({ tools: [{ type: 'function' }] }), 'tools.0.function', /^is required$/],
    ['a tool without a type', bodyWith({ tools: [{}] }), 'tools.0.type', /^is required$/],
    ['an unknown tool choice', bodyWith({ tool_choice: 'always' }), 'tool_choice', /.+/],
    ['an unknown format', bodyWith({ response_format: { type: 'xml' } }), 'response_format.type', /none of the forms/],
    [
      'a schema without a name',
      bodyWith({ response_format: { type: 'json_schema', json_schema: {} } }),
      'response_format.json_schema.name',
      /^is required$/,
    ],
    ['an unknown effort', bodyWith({ reasoning_effort: 'huge' }), 'reasoning_effort', /.+/],
    ['stop as a number', bodyWith({ stop: 5 }), 'stop', /none of the forms/],
    ['a number within stop', bodyWith({ stop: ['a', 5] }), 'stop.1', /expected string/],
  ])('are refused with the name of the field: %s', (_name, body, param, problem) => {
    const refusal = refusalOf(body);
    expect(refusal).toEqual({ code: 'invalid_request', param, problem: expect.stringMatching(problem) });
    expect(refusal.problem).toMatch(/^[a-z]/);
    expect(refusal.problem).not.toMatch(/undefined|\[object|^invalid input$/);
  });
});

describe('bodies that some provider can read', () => {
  it.each<[name: string, fields: object]>([
    ['fields that nobody here knows', { web_search_options: {}, prediction: { type: 'content' }, vendor_extra: [1] }],
    ['custom tools', { tools: [{ type: 'custom', custom: { name: 'shell', format: { type: 'text' } } }] }],
    [
      'calls of custom tools',
      {
        messages: [
          ...messages,
          { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'shell', input: 'ls' } }] },
          { role: 'tool', tool_call_id: 'c', content: 'a.txt' },
        ],
      },
    ],
    [
      'a tool choice of another kind',
      { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } },
    ],
    [
      'part types of other vendors',
      { messages: [{ role: 'user', content: [{ type: 'video_url', video_url: { url: 'x' } }] }] },
    ],
    ['an assistant without content', { messages: [...messages, { role: 'assistant', tool_calls: null }] }],
    ['a developer message', { messages: [{ role: 'developer', content: [{ type: 'text', text: '' }] }] }],
    [
      'reasoning that is sent back',
      { messages: [{ role: 'assistant', content: null, reasoning_details: [{ type: 'x' }] }] },
    ],
    ['the old function role', { messages: [{ role: 'function', name: 'f', content: null }] }],
    [
      'null wherever nothing is asked',
      { temperature: null, tools: null, stop: null, stream: null, stream_options: null, n: null },
    ],
    ['every effort', { reasoning_effort: 'xhigh' }],
    ['numbers at their limits', { temperature: 2, top_p: 1, n: 128, top_logprobs: 0, seed: -1, stop: [] }],
  ])('pass as the very object they are: %s', (_name, fields) => {
    const body = bodyWith(fields);
    const before = JSON.stringify(body);
    expect(decodeChatRequest(body)).toBe(body);
    expect(JSON.stringify(body)).toBe(before);
  });
});

const request = fc
  .record(
    {
      model: fc.string({ minLength: 1 }),
      messages: fc.array(fc.record({ role: fc.constant('user'), content: fc.string({ unit: 'binary' }) }), {
        minLength: 1,
      }),
      stream: fc.constantFrom(true, false, null),
      stream_options: fc.constantFrom(null, {}, { include_usage: true }, { include_usage: false, other: 1 }),
      models: fc.array(fc.string()),
      provider: fc.dictionary(fc.string(), fc.string()),
      'odd key "\\': fc.jsonValue(),
      temperature: fc.constantFrom(0, -0, 1e-7, 2),
      metadata: fc.jsonValue(),
    },
    { requiredKeys: ['model', 'messages'] },
  )
  .map((fields) => fields as unknown as ChatRequest);

describe('what goes to the provider', () => {
  it('is the same whether the bytes are edited or the body is rebuilt, however the client spaced it', () => {
    fc.assert(
      fc.property(request, fc.constantFrom(0, 1, '\t'), (given, space) => {
        const bytes = Buffer.from(JSON.stringify(given, null, space));
        const parsed = JSON.parse(bytes.toString()) as ChatRequest;
        const edited = chatDoor.relay.editRequest(
          { bytes, members: findMembers(bytes), body: parsed, request: parsed },
          target,
        );
        const { body, losses } = encodeRequest(parsed, target);
        expect([JSON.parse(edited.bytes.toString()), edited.losses]).toEqual([body, losses]);
      }),
    );
  });

  it('is the same at every try, and leaves the request alone', () => {
    fc.assert(
      fc.property(request, (given) => {
        const before = structuredClone(given);
        const first = JSON.stringify(encodeRequest(given, target));
        expect(JSON.stringify(encodeRequest(given, target))).toBe(first);
        expect(given).toEqual(before);
      }),
    );
  });

  it('names the model as the provider does, without fields that speak to the gateway', () => {
    const given = bodyWith({ models: ['a'], provider: { order: ['x'] }, user: 'u' }) as ChatRequest;
    expect(encodeRequest(given, target)).toEqual({
      body: { model: target.upstreamModel, messages, user: 'u' },
      losses: [],
    });
  });

  it.each<[name: string, fields: object, expected: unknown]>([
    ['asks a stream for its usage', { stream: true }, { include_usage: true }],
    [
      'overrides a no to usage',
      { stream: true, stream_options: { include_usage: false, x: 1 } },
      { include_usage: true, x: 1 },
    ],
    ['adds nothing to a whole answer', { stream: false }, undefined],
    ['leaves a yes as it is', { stream: true, stream_options: { include_usage: true } }, { include_usage: true }],
  ])('%s', (_name, fields, expected) => {
    const { body } = encodeRequest(bodyWith(fields) as ChatRequest, target);
    expect((body as ChatRequest).stream_options).toEqual(expected);
  });

  it('keeps every byte that routing does not touch', () => {
    const bytes = Buffer.from(
      '{ "model" : "mine",\n  "messages":[{"content":"\\u0041","role":"user"}], "temperature":1.0 }',
    );
    const request = JSON.parse(bytes.toString()) as ChatRequest;
    const source = { bytes, members: findMembers(bytes), body: request, request };
    expect(chatDoor.relay.editRequest(source, { ...target, upstreamModel: 'theirs' }).bytes.toString()).toBe(
      bytes.toString().replace('mine', 'theirs'),
    );
  });
});

describe('what other formats have no word for', () => {
  it('is refused there: functions in the form before tools', () => {
    const functions = [{ name: 'f' }];
    expect(lossesInHub(bodyWith({ functions, function_call: 'auto' }))).toMatchObject([
      { param: 'functions', action: 'refused' },
    ]);
    expect(lossesInHub(bodyWith({ functions: [], function_call: 'none' }))).toEqual([]);
  });
});
