import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parseMessageStream, postMessages, readMessage, saying } from './support/messages-client.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, sendPieces, startUpstream, type Upstream } from './support/upstream.ts';

const MODEL = 'claude/m';
const USAGE = { input_tokens: 3, output_tokens: 5 };
const ANSWER = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm-2026',
  content: [
    { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
    { type: 'text', text: 'Hi' },
  ],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { ...USAGE, service_tier: 'standard' },
};
const event = (type: string, fields: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const START = event('message_start', { message: { ...ANSWER, content: [], usage: USAGE } });
const TEXT =
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
  event('ping') +
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hi 👋' } });
const END =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: USAGE }) +
  event('message_stop');

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway({
    connections: [
      { name: 'claude', provider: 'anthropic', baseUrl: upstream.url },
      { name: 'other', provider: 'openai-compatible', baseUrl: upstream.url },
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

describe('a request to Anthropic', () => {
  it('goes up and comes down as the bytes it was, but for the model’s name', async () => {
    upstream.script = sendJson(ANSWER);
    const body = `{ "model": "${MODEL}", "max_tokens":1e2, "new_field": {"a":[ ]}, "messages":[{"role":"user","content":"\\u0048i"},{"role":"system","content":"s"}] }`;
    const response = await postMessages(gateway, body);
    expect(await response.text()).toBe(JSON.stringify(ANSWER));
    expect(upstream.requests[0]?.body.toString()).toBe(body.replace(MODEL, 'm'));
    expect(upstream.requests[0]?.path).toBe('/v1/messages');
  });

  it('may change its tools within the conversation', async () => {
    upstream.script = sendJson(ANSWER);
    const change = { role: 'system', content: [{ type: 'tool_removal', tool: { type: 'tool_reference', name: 'f' } }] };
    const messages = [{ role: 'user', content: 'Hi' }, change];
    await readMessage(await postMessages(gateway, saying(MODEL, '', { messages })));
    expect(JSON.parse(upstream.requests[0]!.body.toString())).toMatchObject({ messages });
  });

  it('that is refused tells the client the details that its SDK decides by', async () => {
    const details = { error_code: 'credits_required' };
    const error = { type: 'invalid_request_error', message: 'No.', details };
    upstream.script = sendJson({ type: 'error', error }, 400);
    const response = await postMessages(gateway, saying(MODEL, 'Hi'));
    expect([response.status, await response.json()]).toMatchObject([400, { error: { type: error.type, details } }]);
  });

  it('that is too large for Anthropic is told so', async () => {
    const error = { type: 'request_too_large', message: 'Request exceeds the maximum size' };
    upstream.script = sendJson({ type: 'error', error }, 413);
    const response = await postMessages(gateway, saying(MODEL, 'Hi'));
    expect([response.status, await response.json()]).toMatchObject([413, { error: { type: 'request_too_large' } }]);
  });

  it('keeps the version and the betas that the client names, and not its key', async () => {
    upstream.script = sendJson(ANSWER);
    const headers = { 'anthropic-version': '2099-01-01', 'anthropic-beta': 'a-1,b-2', 'x-other': 'x' };
    await readMessage(await postMessages(gateway, saying(MODEL, 'Hi'), { headers, path: '/v1/messages?beta=true' }));
    expect(upstream.requests[0]?.headers).toMatchObject({
      'anthropic-version': '2099-01-01',
      'anthropic-beta': 'a-1,b-2',
      'x-api-key': 'test-provider-key',
    });
    expect(upstream.requests[0]?.headers).not.toHaveProperty('x-other');
    expect(JSON.stringify(upstream.requests[0]?.headers)).not.toContain(gateway.adminKey);
  });

  it('of another format’s provider has none of these', async () => {
    upstream.script = sendJson(chatCompletion('Hi'));
    await readMessage(await postMessages(gateway, saying('other/m', 'Hi'), { headers: { 'anthropic-beta': 'a-1' } }));
    expect(Object.keys(upstream.requests[0]!.headers).filter((name) => name.startsWith('anthropic'))).toEqual([]);
  });

  it('without a version gets the one that Parley knows', async () => {
    upstream.script = sendJson(ANSWER);
    const response = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.adminKey}` },
      body: JSON.stringify(saying(MODEL, 'Hi')),
    });
    expect(response.status).toBe(200);
    expect(upstream.requests[0]?.headers['anthropic-version']).toBe('2023-06-01');
  });
});

describe('a stream of Anthropic’s', () => {
  it('comes down as the bytes it was, however they are cut', async () => {
    const bytes = Buffer.from(START + TEXT + END);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) => bytes.subarray(at * 7, at * 7 + 7));
    upstream.script = sendPieces(pieces);
    const response = await postMessages(gateway, saying(MODEL, 'Hi', { stream: true }));
    expect(await response.text()).toBe(bytes.toString());
  });

  it.each<[string, string[], string]>([
    ['ends too early', [START, TEXT], 'api_error'],
    ['ends inside an event', [START, TEXT, 'event: content_block_delta\ndata: {"type":"con'], 'api_error'],
    [
      'tells an error',
      [START, TEXT, event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } })],
      'overloaded_error',
    ],
  ])('that %s ends in an error of ours and never looks complete', async (_name, pieces, type) => {
    upstream.script = sendPieces(pieces, { gapMs: 5 });
    const response = await postMessages(gateway, saying(MODEL, 'Hi', { stream: true }));
    const text = await response.text();
    expect(text.startsWith(START + TEXT)).toBe(true);
    const { done, error } = parseMessageStream(text);
    expect(done).toBe(false);
    expect(error).toMatchObject({ error: { type }, request_id: response.headers.get('request-id') });
  });

  it('that comes whole is told as a stream', async () => {
    upstream.script = sendJson(ANSWER);
    const response = await postMessages(gateway, saying(MODEL, 'Hi', { stream: true }));
    expect(parseMessageStream(await response.text())).toMatchObject({
      done: true,
      message: { id: 'msg_1', content: [{ type: 'text', text: 'Hi' }], usage: USAGE, stop_reason: 'end_turn' },
    });
  });
});
