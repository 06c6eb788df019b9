import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signReasoning } from '../src/answer.ts';
import { type Simulator, startSimulator } from '../src/server.ts';
import { parse, textAt } from './json.ts';

type Refusal = [promise: string, message: string | RegExp, body: object];

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
});
afterAll(() => simulator.close());

async function post(path: string, headers: Record<string, string>, body: object): Promise<[number, string]> {
  const answer = await fetch(`${simulator.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return [answer.status, await answer.text()];
}

const user = { role: 'user', content: 'Hi' };

describe('openai refuses', () => {
  const base = { model: 'small', messages: [user] };
  const call = (id: string): object => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
  const refusals: Refusal[] = [
    ['an unknown field', 'Unrecognized request argument supplied: top_k', { ...base, top_k: 1 }],
    ['a wrong type', "Invalid type for 'temperature'", { ...base, temperature: 'hot' }],
    ['a value out of range', "Invalid 'temperature': decimal above maximum value", { ...base, temperature: 3 }],
    ['a request without messages', "Missing required parameter: 'messages'.", { model: 'small' }],
    ['an empty conversation', "Invalid 'messages': empty array", { model: 'small', messages: [] }],
    ['an unknown role', "Invalid value: 'king'", { ...base, messages: [{ role: 'king', content: 'Hi' }] }],
    [
      'a tool message without its call',
      "messages with role 'tool' must be a response",
      { ...base, messages: [user, { role: 'tool', tool_call_id: 'a', content: 'x' }] },
    ],
    [
      'a call without its tool message',
      'did not have response messages: b',
      {
        ...base,
        messages: [
          user,
          { role: 'assistant', tool_calls: [call('a'), call('b')] },
          { role: 'tool', tool_call_id: 'a', content: 'x' },
          user,
        ],
      },
    ],
    ['a tool choice without tools', 'only allowed when', { ...base, tool_choice: 'auto' }],
    ['stream options without a stream', "only allowed when 'stream'", { ...base, stream_options: {} }],
    ['both token limits', 'at the same time', { ...base, max_tokens: 1, max_completion_tokens: 1 }],
    [
      'JSON mode without the word',
      "must contain the word 'json'",
      { ...base, response_format: { type: 'json_object' } },
    ],
    ['null tools', "Invalid type for 'tools'", { ...base, tools: null }],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/openai/v1/chat/completions', { authorization: 'Bearer k' }, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'error', 'message')).toMatch(message);
    expect(textAt(parse(text), 'error', 'type')).toBe('invalid_request_error');
  });

  it('but takes null for an optional field', async () => {
    const body = { ...base, temperature: null, stop: null, stream: null, max_tokens: null };
    expect((await post('/openai/v1/chat/completions', { authorization: 'Bearer k' }, body))[0]).toBe(200);
  });
});

describe('openai refuses in Responses', () => {
  const base = { model: 'small', input: [user] };
  const call = (id: string): object => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' });
  const output = (id: string): object => ({ type: 'function_call_output', call_id: id, output: 'x' });
  const think = (id: string, state = signReasoning(id)): object => ({
    type: 'reasoning',
    id,
    summary: [],
    encrypted_content: state,
  });
  const conversation = (...items: object[]): object => ({ ...base, input: [user, ...items] });
  const format = (value: object): object => ({ ...base, text: { format: value } });
  const refusals: Refusal[] = [
    ['an unknown field', "Unknown parameter: 'messages'", { ...base, messages: [user] }],
    ['an unknown field inside', "Unknown parameter: 'reasoning.max_tokens'", { ...base, reasoning: { max_tokens: 1 } }],
    ['a request without input', "Missing required parameter: 'input'.", { model: 'small' }],
    ['too few output tokens', 'Expected a value >= 16', { ...base, max_output_tokens: 1 }],
    ['an unknown inclusion', "Invalid value: 'all'", { ...base, include: ['all'] }],
    ['an unknown role', "Invalid value: 'tool'", conversation({ role: 'tool', content: 'x' })],
    ['a part of chat', "Invalid value: 'text'", conversation({ role: 'user', content: [{ type: 'text', text: 'x' }] })],
    [
      'input parts in an answer',
      "Supported values are: 'output_text' and 'refusal'",
      conversation({ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }),
    ],
    [
      'an output without its call',
      'No tool call found for function call output with call_id a',
      conversation(output('a')),
    ],
    ['a call without its output', 'No tool output found for function call b', conversation(call('b'), user)],
    [
      'a call without its arguments',
      "Missing required parameter: 'input[1].arguments'",
      conversation({ ...call('a'), arguments: undefined }),
    ],
    ['a tool as in chat', "tools[0].name'", { ...base, tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['a format without its schema', "'text.format.schema'", format({ type: 'json_schema', name: 'x' })],
    ['JSON mode without the word', "must contain the word 'json'", format({ type: 'json_object' })],
    ['altered state', 'could not be verified', conversation(think('rs_1', 'x'), call('a'), output('a'))],
    [
      'state under another id',
      'could not be verified',
      conversation(think('rs_1', signReasoning('rs_2')), call('a'), output('a')),
    ],
    [
      'readable reasoning',
      'array too long',
      conversation({ ...think('rs_1'), content: [{ type: 'reasoning_text', text: 'x' }] }, call('a')),
    ],
    ['reasoning without what it led to', 'without its required following item', conversation(think('rs_1'), user)],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/openai/v1/responses', { authorization: 'Bearer k' }, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'error', 'message')).toContain(message);
    expect(textAt(parse(text), 'error', 'type')).toBe('invalid_request_error');
  });

  it('reasoning that was not stored', async () => {
    const body = conversation({ type: 'reasoning', id: 'rs_1', summary: [] }, call('a'), output('a'));
    const [status, text] = await post('/openai/v1/responses', { authorization: 'Bearer k' }, body);
    expect([status, textAt(parse(text), 'error', 'message')]).toEqual([404, expect.stringContaining('not persisted')]);
  });

  it('but takes its own state back, and a text for input', async () => {
    const headers = { authorization: 'Bearer k' };
    const body = conversation(
      think('rs_1'),
      { role: 'assistant', content: 'x' },
      think('rs_2'),
      call('a'),
      output('a'),
    );
    expect((await post('/openai/v1/responses', headers, body))[0]).toBe(200);
    expect((await post('/openai/v1/responses', headers, { ...base, input: 'Hi', temperature: null }))[0]).toBe(200);
  });

  it('but takes what Codex says of itself', async () => {
    const body = { ...base, input: 'Hi', client_metadata: { 'x-codex-installation-id': 'a' } };
    expect((await post('/openai/v1/responses', { authorization: 'Bearer k' }, body))[0]).toBe(200);
  });
});

describe('ollama refuses', () => {
  const base = { model: 'small', messages: [user] };
  const call = { function: { name: 'f', arguments: '{}' } };
  const refusals: Refusal[] = [
    ['a request without a model', 'model is required', { messages: [user] }],
    ['content in parts', 'messages.0.content of type string', { ...base, messages: [{ role: 'user', content: [] }] }],
    ['an option of a wrong type', 'option "seed" must be of type integer', { ...base, options: { seed: 'x' } }],
    ['one stop sequence alone', 'option "stop" must be of type array', { ...base, options: { stop: 'x' } }],
    [
      'arguments as text',
      'type api.ToolCallFunctionArguments',
      { ...base, messages: [user, { role: 'assistant', content: '', tool_calls: [call] }] },
    ],
    [
      'an image at an address',
      'illegal base64 data at input byte 5',
      { ...base, messages: [{ ...user, images: ['https://example.com/a.png'] }] },
    ],
    ['an unknown format', 'expected "json" or a valid JSON Schema object', { ...base, format: 'yaml' }],
    ['an unknown level of thought', 'invalid think value: "max"', { ...base, think: 'max' }],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/ollama/api/chat', {}, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'error')).toMatch(message);
  });

  it('but takes fields that it does not know', async () => {
    expect((await post('/ollama/api/chat', {}, { ...base, tool_choice: 'required', n: 3 }))[0]).toBe(200);
  });
});

describe('cohere refuses', () => {
  const base = { model: 'small', messages: [user] };
  const refusals: Refusal[] = [
    ['a wrong type', 'parameter temperature is of type string', { ...base, temperature: 'hot' }],
    ['a value out of range', 'p must be between 0.01 and 0.99 inclusive', { ...base, p: 1 }],
    ['both penalties', "only one of 'presence_penalty'", { ...base, presence_penalty: 1, frequency_penalty: 1 }],
    ['an unknown choice of tools', 'tool_choice must be one of', { ...base, tool_choice: 'auto' }],
    ['six stop sequences', 'at most 5', { ...base, stop_sequences: ['1', '2', '3', '4', '5', '6'] }],
    ['an unknown role', "invalid role in messages: 'developer'", { ...base, messages: [{ role: 'developer' }] }],
    ['a silent message', 'all elements in history must have a message', { ...base, messages: [{ role: 'user' }] }],
    [
      'a result without its call',
      'tool call id not found',
      { ...base, messages: [user, { role: 'tool', tool_call_id: 'a', content: 'x' }] },
    ],
  ];
  it.each(refusals)('%s', async (_promise, message, body) => {
    const [status, text] = await post('/cohere/v2/chat', { authorization: 'Bearer k' }, body);
    expect(status).toBe(400);
    expect(textAt(parse(text), 'message')).toContain(message);
  });

  it('an unknown field', async () => {
    const [status, text] = await post('/cohere/v2/chat', { authorization: 'Bearer k' }, { ...base, top_p: 1 });
    expect([status, textAt(parse(text), 'message')]).toEqual([
      422,
      "unknown field: parameter 'top_p' is not a valid field",
    ]);
  });
});
