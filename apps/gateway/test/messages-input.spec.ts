import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { postMessages, readError, readMessage, saying } from './support/messages-client.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, startUpstream, type Upstream } from './support/upstream.ts';

const MODEL = 'provider/m';

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream(sendJson(chatCompletion('fine')));
  gateway = await startTestGateway({
    connections: [
      {
        name: 'provider',
        provider: 'openai-compatible',
        baseUrl: upstream.url,
        passthrough: false,
        models: [{ name: 'm' }, { name: 'off', isAvailable: false }],
      },
    ],
  });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});
afterEach(() => {
  upstream.requests.length = 0;
});

async function expectError(response: Response, status: number, type: string): Promise<string> {
  const error = await readError(response);
  expect({ status: response.status, ...error }).toEqual({
    status,
    type: 'error',
    error: { type, message: expect.any(String) },
    request_id: response.headers.get('request-id'),
  });
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(upstream.requests).toHaveLength(0);
  return error.error.message;
}

describe('a bad request of an Anthropic client', () => {
  it('says which field is wrong', async () => {
    const body = saying(MODEL, [{ type: 'text', text: 5 }]);
    expect(await expectError(await postMessages(gateway, body), 400, 'invalid_request_error')).toContain(
      'messages.0.content.0.text',
    );
  });

  it('hears what was left out, or is refused where it says so', async () => {
    const body = saying(MODEL, 'Hi', {
      context_management: { edits: [] },
      thinking: { type: 'enabled', budget_tokens: 1 },
    });
    const response = await postMessages(gateway, body);
    await readMessage(response);
    expect(response.headers.get('x-parley-losses')).toBe('context_management=dropped, thinking=dropped');
    upstream.requests.length = 0;
    const strict = await postMessages(gateway, body, { headers: { 'x-parley-strict': '1' } });
    await expectError(strict, 400, 'invalid_request_error');
  });

  it('never takes a file of Anthropic’s to another provider, and says where it stands', async () => {
    const document = { type: 'document', source: { type: 'file', file_id: 'file_1' } };
    const body = saying(MODEL, [{ type: 'text', text: 'Hi' }, document], { system: 'Be brief.' });
    const message = await expectError(await postMessages(gateway, body), 400, 'invalid_request_error');
    expect(message).toContain('`messages.0.content.1`');
  });

  it('with a tool of Anthropic’s own is refused for a provider that has none', async () => {
    const body = saying(MODEL, 'Hi', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] });
    expect(await expectError(await postMessages(gateway, body), 400, 'invalid_request_error')).toContain('tools.0');
  });
});

describe('tools that an Anthropic client loads when they are needed', () => {
  it('reach another provider once they are loaded, and not before', async () => {
    const tool = (name: string, fields: object = {}) => ({ name, input_schema: { type: 'object' }, ...fields });
    const tools = [
      tool('ToolSearch'),
      tool('WebFetch', { defer_loading: true }),
      tool('Cron', { defer_loading: true }),
    ];
    const loaded = [{ type: 'tool_reference', tool_name: 'WebFetch' }];
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'ToolSearch', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: loaded }] },
    ];
    for (const turns of [messages.slice(0, 1), messages]) {
      await readMessage(await postMessages(gateway, { model: MODEL, max_tokens: 9, tools, messages: turns }));
    }
    const sent = upstream.requests.map(({ body }) => JSON.parse(body.toString()) as { tools: { function: object }[] });
    expect(sent.map((body) => body.tools.map(({ function: called }) => called))).toMatchObject([
      [{ name: 'ToolSearch' }],
      [{ name: 'ToolSearch' }, { name: 'WebFetch' }],
    ]);
  });
});

describe('the models for an Anthropic client', () => {
  it('are listed in Anthropic’s shape, and so is one of them', async () => {
    const model = {
      type: 'model',
      id: MODEL,
      display_name: MODEL,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      max_input_tokens: null,
      max_tokens: null,
    };
    const list = await postMessages(gateway, '', { method: 'GET', path: '/v1/models' });
    expect(await list.json()).toMatchObject({
      data: [model, { id: 'provider/off' }],
      has_more: false,
      first_id: MODEL,
    });
    const one = await postMessages(gateway, '', { method: 'GET', path: `/v1/models/${MODEL}` });
    expect(await one.json()).toEqual(model);
  });

  it('that do not exist are told of in Anthropic’s shape', async () => {
    const response = await postMessages(gateway, '', { method: 'GET', path: '/v1/models/provider/x' });
    await expectError(response, 404, 'not_found_error');
  });
});
