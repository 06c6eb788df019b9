import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import { decodeResponsesRequest, lossesInHub } from './door-request.ts';

const asking = (fields: object): object => ({ model: 'm', input: 'Hi', ...fields });
const messagesOf = (...input: object[]) => decodeResponsesRequest(asking({ input })).messages;
const call = (id: string, name = 'f') => ({ type: 'function_call', call_id: id, name, arguments: '{"a":1}' });
const result = (id: string, output: unknown = 'done') => ({ type: 'function_call_output', call_id: id, output });
const hubCall = (id: string, name = 'f') => ({ id, type: 'function', function: { name, arguments: '{"a":1}' } });

describe('decodeResponsesRequest', () => {
  it('reads a text, and asks for usage in streams only', () => {
    expect(decodeResponsesRequest(asking({}))).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
    expect(decodeResponsesRequest(asking({ stream: true }))).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('puts instructions first and keeps every other role where it is', () => {
    const input = [
      { role: 'developer', content: 'Be kind.' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
    ];
    expect(decodeResponsesRequest(asking({ instructions: 'Be brief.', input })).messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: 'Be kind.' },
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    ]);
  });

  it('reads images and files in each of their forms', () => {
    const content = [
      { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'low' },
      { type: 'input_image', file_id: 'file-1' },
      { type: 'input_file', file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' },
      { type: 'input_file', file_url: 'https://example.com/a.pdf' },
      { type: 'input_file', file_id: 'file-2' },
    ];
    expect(messagesOf({ role: 'user', content })[0]!.content).toEqual([
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
      { type: 'input_image', file_id: 'file-1' },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' } },
      { type: 'file', file: { file_data: 'https://example.com/a.pdf' } },
      { type: 'file', file: { file_id: 'file-2' } },
    ]);
  });

  it('joins what the model said in one turn, and no more than that', () => {
    const said = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me see.' }] };
    expect(messagesOf({ role: 'user', content: 'Q' }, said, call('1'), call('2'), result('1'), result('2'))).toEqual([
      { role: 'user', content: 'Q' },
      { role: 'assistant', content: 'Let me see.', tool_calls: [hubCall('1'), hubCall('2')] },
      { role: 'tool', tool_call_id: '1', content: 'done' },
      { role: 'tool', tool_call_id: '2', content: 'done' },
    ]);
    expect(messagesOf(call('1'), result('1'), call('2'), result('2')).map(({ role }) => role)).toEqual([
      'assistant',
      'tool',
      'assistant',
      'tool',
    ]);
  });

  it('keeps OpenAI’s reasoning before the call that it led to, and leaves out a thought that led to nothing', () => {
    const reasoning = (id: string) => ({ type: 'reasoning', id, summary: [], encrypted_content: `secret ${id}` });
    const [turn, ...others] = messagesOf(reasoning('rs_1'), call('1'), reasoning('rs_2'), call('2'), result('1'), {
      ...reasoning('rs_3'),
    });
    expect(turn!.reasoning_details).toMatchObject([
      { id: 'rs_1', data: 'secret rs_1', tool_call_id: '1' },
      { id: 'rs_2', data: 'secret rs_2', tool_call_id: '2' },
    ]);
    expect(others.map(({ role }) => role)).toEqual(['tool']);
  });

  it('reads settings under their names in chat', () => {
    const schema = { type: 'object', properties: {} };
    const body = asking({
      max_output_tokens: 9,
      temperature: 0.5,
      top_p: 0.9,
      include: ['message.output_text.logprobs'],
      top_logprobs: 2,
      text: { format: { type: 'json_schema', name: 'city', schema, strict: true }, verbosity: 'low' },
      reasoning: { effort: 'high', summary: 'auto' },
      tools: [{ type: 'function', name: 'f', parameters: schema, strict: null }],
      tool_choice: { type: 'function', name: 'f' },
      parallel_tool_calls: false,
    });
    expect(decodeResponsesRequest(body)).toMatchObject({
      max_completion_tokens: 9,
      temperature: 0.5,
      top_p: 0.9,
      logprobs: true,
      top_logprobs: 2,
      response_format: { type: 'json_schema', json_schema: { name: 'city', schema, strict: true } },
      verbosity: 'low',
      reasoning_effort: 'high',
      tools: [{ type: 'function', function: { name: 'f', parameters: schema } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      parallel_tool_calls: false,
    });
    expect(lossesInHub(body)).toEqual([]);
  });

  it('takes what Codex sends: namespaces become functions, and only what a provider would run itself is lost', () => {
    const inner = { type: 'function', name: 'search', parameters: { type: 'object', properties: {} } };
    const body = asking({
      instructions: 'You are Codex.',
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
        { ...call('1', 'search'), namespace: 'mcp__docs__' },
        result('1'),
        { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      ],
      tools: [{ type: 'web_search' }, { type: 'namespace', name: 'mcp__docs__', description: 'Docs', tools: [inner] }],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'thread',
      client_metadata: { installation: 'x' },
    });
    const request = decodeResponsesRequest(body);
    expect(request.tools?.map((tool) => tool.function.name)).toEqual(['mcp__docs__search']);
    expect(request.messages[2]!.tool_calls).toEqual([hubCall('1', 'mcp__docs__search')]);
    expect(lossesInHub(body).map(({ param, action }) => [param, action])).toEqual([
      ['input.3', 'dropped'],
      ['tools.0', 'dropped'],
    ]);
  });

  it('asks for no choice among tools that are all lost', () => {
    const body = asking({ tools: [{ type: 'web_search' }], tool_choice: { type: 'web_search' } });
    expect(decodeResponsesRequest(body)).not.toHaveProperty('tool_choice');
    expect(lossesInHub(body).map(({ param }) => param)).toEqual(['tools.0', 'tool_choice']);
    const any = asking({ tools: [{ type: 'web_search' }], tool_choice: 'required' });
    expect(decodeResponsesRequest(any)).not.toHaveProperty('tool_choice');
    expect(lossesInHub(any).map(({ param }) => param)).toEqual(['tools.0', 'tool_choice']);
  });

  it('lets a function be chosen that a tool of the provider’s may bring', () => {
    const tools = [{ type: 'mcp', server_label: 'docs' }];
    const body = asking({ tools, tool_choice: { type: 'function', name: 'search' } });
    expect(() => decodeResponsesRequest(body)).not.toThrow();
  });

  it('refuses a translation of what is kept at a provider', () => {
    const body = { model: 'm', prompt: { id: 'pmpt_1' }, input: [{ type: 'item_reference', id: 'msg_1' }] };
    decodeResponsesRequest(body);
    expect(lossesInHub(body).map(({ param, action }) => [param, action])).toEqual([
      ['prompt', 'refused'],
      ['input.0', 'refused'],
    ]);
  });

  it('does not change the body', () => {
    const body = asking({ input: [call('1'), result('1')], tools: [{ type: 'function', name: 'f' }] });
    const before = JSON.stringify(body);
    decodeResponsesRequest(body);
    expect(JSON.stringify(body)).toBe(before);
  });

  it.each<[string, unknown, string]>([
    ['a list', [], 'body'],
    ['no model', { input: 'Hi' }, 'model'],
    ['no input', { model: 'm' }, 'input'],
    ['an empty input', { model: 'm', input: [] }, 'input'],
    ['a number as input', { model: 'm', input: 1 }, 'input'],
    ['an unknown role', asking({ input: [{ role: 'robot', content: 'Hi' }] }), 'input.0.role'],
    ['an item of no kind', asking({ input: [{ content: 'Hi' }] }), 'input.0.type'],
    ['a number as content', asking({ input: [{ role: 'user', content: 1 }] }), 'input.0.content'],
    [
      'a text part without text',
      asking({ input: [{ role: 'user', content: [{ type: 'input_text' }] }] }),
      'input.0.content.0.text',
    ],
    ['a call without an id', asking({ input: [{ ...call('1'), call_id: undefined }] }), 'input.0.call_id'],
    ['a result of no call', asking({ input: [{ role: 'user', content: 'Hi' }, result('1')] }), 'input.1.call_id'],
    ['a result before its call', asking({ input: [result('1'), call('1')] }), 'input.0.call_id'],
    ['a function without a name', asking({ tools: [{ type: 'function' }] }), 'tools.0.name'],
    ['a temperature of 3', asking({ temperature: 3 }), 'temperature'],
    ['a text as stream', asking({ stream: 'yes' }), 'stream'],
    ['an unknown effort', asking({ reasoning: { effort: 'huge' } }), 'reasoning.effort'],
    ['an unknown format', asking({ text: { format: { type: 'xml' } } }), 'text.format.type'],
    ['work in the background', asking({ background: true }), 'background'],
    [
      'a response to go on from that nobody recalled',
      asking({ previous_response_id: 'resp_1' }),
      'previous_response_id',
    ],
  ])('refuses %s', (_name, body, param) => {
    let refusal: unknown;
    try {
      decodeResponsesRequest(body);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(GatewayError);
    expect(refusal).toMatchObject({ code: 'invalid_request', details: { param } });
  });
});
