import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@parley/contracts';
import { postGemini, readAnswer, saying, textOf, type GeminiError } from './support/gemini-client.ts';
import { addKey } from './support/configuration.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, sendPieces, startUpstream, type Upstream } from './support/upstream.ts';

const CHAT = 'models/chat/a:generateContent';
const ANSWER = {
  candidates: [{ content: { parts: [{ text: 'Hello', novelty: 1 }], role: 'model' }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
  modelVersion: 'm-1',
  novelty: true,
};

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startTestGateway({
    connections: [
      {
        name: 'chat',
        provider: 'openai-compatible',
        baseUrl: upstream.url,
        passthrough: false,
        models: [{ name: 'a' }],
      },
      {
        name: 'gem',
        provider: 'google',
        baseUrl: upstream.url,
        passthrough: false,
        models: [{ name: 'g' }, { name: 'off', isAvailable: false }],
      },
    ],
  });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});
beforeEach(() => {
  upstream.requests.length = 0;
});

async function expectError(
  response: Response,
  status: number,
  name: string,
  code: ErrorCode,
): Promise<GeminiError['error']> {
  const { error } = (await response.json()) as GeminiError;
  expect([response.status, error.code, error.status]).toEqual([status, status, name]);
  expect(error.details[0]).toMatchObject({
    reason: code.toUpperCase(),
    domain: 'parley',
    metadata: { hint: expect.any(String) },
  });
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  return error;
}

describe('bad input at the /v1beta door is answered in Google’s shape, and nothing of it reaches a provider', () => {
  it.each([
    ['no verb', 'models/chat/a', saying('Hi'), 404, 'NOT_FOUND', 'unknown_route'],
    ['no model', 'models/:generateContent', saying('Hi'), 400, 'INVALID_ARGUMENT', 'invalid_request'],
    [
      'a path that cannot be decoded',
      'models/%zz:generateContent',
      saying('Hi'),
      400,
      'INVALID_ARGUMENT',
      'invalid_request',
    ],
  ] as const)('%s', async (_name, path, body, status, name, code) => {
    await expectError(await postGemini(gateway, path, body), status, name, code);
    expect(upstream.requests).toEqual([]);
  });

  it.each(['v1beta/models/chat/a:generateContent', 'v1/models/chat/a:generateContent', 'v1beta/models'])(
    'a key in the URL of %s, of which the answer tells the header to use and not the key',
    async (path) => {
      const method = path.endsWith('models') ? 'GET' : 'POST';
      const response = await fetch(`${gateway.url}/${path}?key=${gateway.adminKey}`, {
        method,
        ...(method === 'POST' && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(saying('Hi')),
        }),
      });
      const error = await expectError(response, 400, 'INVALID_ARGUMENT', 'invalid_request');
      expect(error.message).toContain('x-goog-api-key');
      expect(JSON.stringify(error)).not.toContain(gateway.adminKey);
    },
  );

  it('what a strict caller would lose', async () => {
    const body = saying('Hi', { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }] });
    await expectError(
      await postGemini(gateway, CHAT, body, { 'x-parley-strict': '1' }),
      400,
      'INVALID_ARGUMENT',
      'unsupported_parameter',
    );
    expect(upstream.requests).toEqual([]);
    upstream.script = sendJson(chatCompletion('fine'));
    const response = await postGemini(gateway, CHAT, body);
    expect(response.headers.get('x-parley-losses')).toBe('safetySettings=dropped');
    expect(textOf([await readAnswer(response)])).toBe('fine');
  });

  it('unknown routes and methods', async () => {
    const headers = { 'x-goog-api-key': gateway.adminKey };
    await expectError(await fetch(`${gateway.url}/v1beta/nothing`, { headers }), 404, 'NOT_FOUND', 'unknown_route');
    await expectError(
      await fetch(`${gateway.url}/v1beta/models`, { method: 'DELETE', headers }),
      405,
      'UNIMPLEMENTED',
      'method_not_allowed',
    );
    await expectError(
      await fetch(`${gateway.url}/v1beta/models/chat/nothing`, { headers }),
      404,
      'NOT_FOUND',
      'model_not_found',
    );
    expect((await fetch(`${gateway.url}/v1beta/models`, { method: 'HEAD', headers })).status).toBe(200);
  });
});

describe('a relay to Gemini', () => {
  const body = '{ "contents": [ {"parts":[{"text":"Hi","novelty":1.0}]} ],  "novelty": 1e2 }';

  it('keeps the bytes of both sides, and asks for the model that is meant', async () => {
    upstream.script = sendJson(ANSWER);
    const response = await postGemini(gateway, 'models/gem/g:generateContent', body);
    expect(await response.text()).toBe(JSON.stringify(ANSWER));
    const [request] = upstream.requests;
    expect([request?.path, request?.body.toString()]).toEqual(['/v1beta/models/g:generateContent', body]);
    expect(request?.headers['x-goog-api-key']).toBe('test-provider-key');
  });

  it('keeps the bytes of a stream', async () => {
    const text = `data: ${JSON.stringify({ ...ANSWER, usageMetadata: undefined })}\r\n\r\ndata: ${JSON.stringify(ANSWER)}\r\n\r\n`;
    upstream.script = sendPieces([text.slice(0, 50), text.slice(50, 180), text.slice(180)], { gapMs: 5 });
    const response = await postGemini(gateway, 'models/gem/g:streamGenerateContent?alt=sse', body);
    expect(await response.text()).toBe(text);
    expect(upstream.requests[0]?.path).toBe('/v1beta/models/g:streamGenerateContent?alt=sse');
  });

  it('keeps an answer that was not counted', async () => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY' } };
    upstream.script = sendJson(blocked);
    expect(await (await postGemini(gateway, 'models/gem/g:generateContent', body)).json()).toEqual(blocked);
  });
});

describe('Gemini’s clients that ask at /v1', () => {
  const headers = (): Record<string, string> => ({
    'x-goog-api-key': gateway.adminKey,
    'content-type': 'application/json',
  });

  it('are served like those at /v1beta', async () => {
    upstream.script = sendJson(chatCompletion('fine'));
    const response = await fetch(`${gateway.url}/v1/${CHAT}`, {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify(saying('Hi')),
    });
    expect(textOf([await readAnswer(response)])).toBe('fine');
    const refused = await fetch(`${gateway.url}/v1/${CHAT}`, { method: 'POST', headers: headers(), body: '{}' });
    await expectError(refused, 400, 'INVALID_ARGUMENT', 'invalid_request');
  });

  it('see models in their shape', async () => {
    const answer = await (await fetch(`${gateway.url}/v1/models`, { headers: headers() })).json();
    expect(answer).toMatchObject({ models: [{ name: 'models/chat/a' }, {}, {}] });
    const one = await (await fetch(`${gateway.url}/v1/models/gem/g`, { headers: headers() })).json();
    expect(one).toMatchObject({ name: 'models/gem/g' });
  });
});

describe('GET /v1beta/models', () => {
  it('lists page by page what a key may use', async () => {
    const { secret } = await addKey(gateway.runtime, { models: ['gem/*'] });
    const page = async (query: string) =>
      (await (
        await fetch(`${gateway.url}/v1beta/models${query}`, { headers: { 'x-goog-api-key': secret } })
      ).json()) as object;
    const supportedGenerationMethods = ['generateContent', 'streamGenerateContent', 'countTokens'];
    expect(await page('?pageSize=1')).toMatchObject({
      models: [{ name: 'models/gem/g', version: 'g', displayName: 'gem/g', supportedGenerationMethods }],
      nextPageToken: '1',
    });
    expect(await page('?pageSize=1&pageToken=1')).toEqual({
      models: [expect.objectContaining({ name: 'models/gem/off' })],
    });
    expect(await page('?pageToken=x')).toMatchObject({ error: { code: 400 } });
  });
});
