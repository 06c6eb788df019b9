import { request } from 'node:http';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ERRORS, type ErrorBody, type ErrorCode } from '@parley/contracts';
import { BAD_BODIES } from './support/bad-bodies.ts';
import { asking, postChat, readCompletion, readError, type AskOptions } from './support/chat-client.ts';
import { addKey } from './support/configuration.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, startUpstream, type Upstream } from './support/upstream.ts';

let gateway: TestGateway;
let upstream: Upstream;
let asked: number;
beforeAll(async () => {
  upstream = await startUpstream(sendJson(chatCompletion('fine')));
  gateway = await startTestGateway({
    environment: { BODY_LIMIT_MIB: '1' },
    connections: [
      {
        name: 'provider',
        provider: 'openai-compatible',
        baseUrl: upstream.url,
        passthrough: false,
        models: [{ name: 'm' }, { name: 'other' }, { name: 'off', isAvailable: false }],
      },
    ],
  });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});

// Whatever came, nothing of it reaches a provider, and the next request is served.
afterEach(async () => {
  expect(upstream.requests).toHaveLength(asked);
  const next = await readCompletion(await postChat(gateway, asking('provider/m', 'Hi')));
  expect(next.choices[0]?.message.content).toBe('fine');
});

async function send(body: string | Buffer | object, options: AskOptions = {}): Promise<Response> {
  asked = upstream.requests.length;
  return postChat(gateway, body, options);
}

async function expectError(response: Response, code: ErrorCode, param: string | null): Promise<ErrorBody['error']> {
  const error = await readError(response);
  expect({ code: error.code, param: error.param, status: response.status }).toEqual({
    code,
    param,
    status: ERRORS[code].status,
  });
  expect(Object.keys(error)).toEqual(
    expect.arrayContaining([
      'message',
      'type',
      'code',
      'param',
      'request_id',
      'provider',
      'retryable',
      'retry_after',
      'hint',
    ]),
  );
  expect(error.type).toBe(ERRORS[code].type);
  expect(error.message).not.toMatch(/[{}]|undefined/);
  expect(error.hint).not.toBe('');
  expect(error.request_id).toBe(response.headers.get('x-request-id'));
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  return error;
}

describe('a body', () => {
  it.each(BAD_BODIES)('%s is refused before anything is sent', async (_name, body, code, param) => {
    await expectError(await send(body), code, param);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'multipart/form-data; boundary=x'])(
    'of the type %s is refused',
    async (type) => {
      const response = await send(asking('provider/m', 'Hi'), { headers: { 'content-type': type } });
      await expectError(response, 'unsupported_media_type', null);
    },
  );

  it('whose inner objects have a __proto__ changes nothing and goes on as it is', async () => {
    const body = '{"model":"provider/m","messages":[{"role":"user","content":"Hi","__proto__":{"polluted":true}}]}';
    await readCompletion(await send(body));
    expect(upstream.requests.at(-1)?.body.toString()).toBe(body.replace('provider/m', 'm'));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    asked += 1;
  });

  it('with an unknown model says which there are', async () => {
    const { message, hint } = await expectError(await send(asking('x', 'Hi')), 'model_not_found', 'model');
    expect(`${message} ${hint}`).toContain('provider/m');
  });
});

describe('a key', () => {
  it.each([
    ['is missing', { authorization: '' }],
    ['is unknown', { authorization: `Bearer sk-parley-${'x'.repeat(43)}` }],
    ['comes in another scheme', { authorization: 'Basic abc' }],
    ['is empty', { authorization: 'Bearer ' }],
  ])('that %s is refused', async (_name, headers) => {
    const error = await expectError(await send(asking('provider/m', 'Hi'), { headers }), 'invalid_api_key', null);
    expect(error.message).not.toContain('xxx');
  });

  it('in the URL is none', async () => {
    asked = upstream.requests.length;
    const response = await fetch(
      `${gateway.url}/v1/chat/completions?key=${gateway.adminKey}&api_key=${gateway.adminKey}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(asking('provider/m', 'Hi')),
      },
    );
    await expectError(response, 'invalid_api_key', null);
  });

  it('that has expired is refused', async () => {
    const { secret } = await addKey(gateway.runtime, { expiresAt: new Date(Date.now() - 1000) });
    await expectError(await send(asking('provider/m', 'Hi'), { key: secret }), 'invalid_api_key', null);
  });

  it('that may not use the model is refused, and told so', async () => {
    const { secret } = await addKey(gateway.runtime, { models: ['provider/oth*'] });
    await expectError(await send(asking('provider/m', 'Hi'), { key: secret }), 'model_not_allowed', 'model');
    await readCompletion(await send(asking('provider/other', 'Hi'), { key: secret }));
    asked += 1;
  });

  it.each(['x-api-key', 'api-key', 'x-goog-api-key'])('is taken from %s as well', async (name) => {
    asked = upstream.requests.length + 1;
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [name]: gateway.adminKey },
      body: JSON.stringify(asking('provider/m', 'Hi')),
    });
    expect(response.status).toBe(200);
  });
});

describe('a request', () => {
  it.each(['0', '-5', '1.5', 'soon', '1e400'])('with x-parley-timeout-ms: %s is refused', async (value) => {
    const response = await send(asking('provider/m', 'Hi'), { headers: { 'x-parley-timeout-ms': value } });
    await expectError(response, 'invalid_request', 'x-parley-timeout-ms');
  });

  it.each([
    ['GET', '/v1/nothing', 'unknown_route'],
    ['POST', '/v1/chat/completions/', 'unknown_route'],
    ['POST', '/V1/Chat/Completions', 'unknown_route'],
    ['GET', '/v1/chat/completions', 'method_not_allowed'],
    ['DELETE', '/v1/models', 'method_not_allowed'],
  ] as const)('%s %s is an error in our shape', async (method, path, code) => {
    asked = upstream.requests.length;
    const headers = { authorization: `Bearer ${gateway.adminKey}` };
    await expectError(await fetch(gateway.url + path, { method, headers }), code, null);
  });

  it.each([
    ['ru', /[а-яё]/, 'ru'],
    ['uk-UA,uk;q=0.9', /[а-яіїєґ]/, 'uk'],
    ['fr, en;q=0.5', /^[\x20-\x7e]+$/, 'en'],
  ])('in the language %s gets its errors in it', async (language, letters, locale) => {
    const response = await send({ model: 'provider/m' }, { headers: { 'accept-language': language } });
    expect(response.headers.get('content-language')).toBe(locale);
    const error = await expectError(response, 'invalid_request', 'messages');
    expect(error.message).toMatch(letters);
    expect(error.hint).toMatch(letters);
  });

  it('with both a length and chunks is refused', async () => {
    asked = upstream.requests.length;
    const { hostname, port } = new URL(gateway.url);
    const outgoing = request({ hostname, port, method: 'POST', path: '/v1/chat/completions', agent: false });
    outgoing.setHeader('content-length', '5');
    outgoing.setHeader('transfer-encoding', 'chunked');
    outgoing.end('hello');
    const [response] = (await once(outgoing, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(400);
  });
});
