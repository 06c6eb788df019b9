import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asking, postChat, readCompletion, readError, readStream } from './support/chat-client.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, chatEvent, sendJson, sendPieces, startUpstream, type Upstream } from './support/upstream.ts';

const SECRETS = ['sk-proj-abcdefghijklmnopqrstuvwx', 'provider-secret-of-no-known-shape-1234'];

let gateway: TestGateway;
let upstream: Upstream;
let other: Upstream;
beforeAll(async () => {
  [upstream, other] = await Promise.all([startUpstream(), startUpstream(sendJson(chatCompletion('stolen')))]);
  const common = { provider: 'openai-compatible', baseUrl: upstream.url } as const;
  gateway = await startTestGateway({
    connections: [
      { ...common, name: 'shaped', apiKeys: [SECRETS[0]!] },
      { ...common, name: 'shapeless', apiKeys: [SECRETS[1]!] },
      { ...common, name: 'walled', allowPrivateNetwork: false },
      { ...common, name: 'named', baseUrl: upstream.url.replace('127.0.0.1', 'localhost'), allowPrivateNetwork: false },
    ],
  });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
  await other?.close();
});
beforeEach(() => {
  upstream.requests.length = other.requests.length = 0;
});

describe('a provider’s key', () => {
  const echoes = (secret: string, status: number) =>
    sendJson(
      { error: { message: `${secret} may not do this. Authorization: Bearer ${secret}`, code: 'denied' } },
      status,
    );

  it.each([400, 401, 403, 404, 429, 500])(
    'that the provider echoes with %d does not reach the client',
    async (status) => {
      upstream.script = echoes(SECRETS[0]!, status);
      const text = await (await postChat(gateway, asking('shaped/m', 'Hi'))).text();
      expect(text).not.toContain(SECRETS[0]);
      gateway.runtime.resetHealth('shaped');
    },
  );

  it.each([400, 401, 403, 500])(
    'of no known shape that is echoed with %d does not reach the client',
    async (status) => {
      upstream.script = echoes(SECRETS[1]!, status);
      const text = await (await postChat(gateway, asking('shapeless/m', 'Hi'))).text();
      expect(text).not.toContain(SECRETS[1]);
      gateway.runtime.resetHealth('shapeless');
    },
  );

  it('that is refused is no fault of the caller', async () => {
    upstream.script = echoes(SECRETS[0]!, 401);
    const response = await postChat(gateway, asking('shaped/m', 'Hi'));
    expect(response.status).toBe(502);
    expect((await readError(response)).code).toBe('provider_auth_failed');
  });

  it.each([
    ['shaped', SECRETS[0]!],
    ['shapeless', SECRETS[1]!],
  ])('%s that is echoed in the middle of a stream does not reach the client', async (connection, secret) => {
    const error = { message: `The key ${secret} is wrong`, type: 'invalid_request_error', code: secret };
    const failure = `data: ${JSON.stringify({ error })}\n\n`;
    upstream.script = sendPieces([chatEvent({ role: 'assistant', content: 'Hi' }), failure], { gapMs: 60 });
    const response = await postChat(gateway, asking(`${connection}/m`, 'Hi', { stream: true }));
    const seen = await readStream(response);
    expect(seen.error?.code).toBe('provider_refused_request');
    expect(JSON.stringify(seen)).not.toContain(secret);
  });
});

describe('a provider’s answer', () => {
  it.each([301, 302, 303, 307, 308])('that redirects with %d is not followed', async (status) => {
    upstream.script = sendJson({}, status, { location: `${other.url}/chat/completions` });
    const response = await postChat(gateway, asking('shaped/m', 'Hi'));
    expect(response.status).toBe(502);
    expect((await readError(response)).code).toBe('provider_bad_answer');
    expect(other.requests).toHaveLength(0);
  });

  it('brings none of its own headers to the client', async () => {
    upstream.script = sendJson(chatCompletion('Hi'), 200, { 'set-cookie': 'a=b', server: 'x', 'x-internal': 'y' });
    const response = await postChat(gateway, asking('shaped/m', 'Hi'));
    await readCompletion(response);
    for (const name of ['set-cookie', 'server', 'x-internal']) expect(response.headers.get(name)).toBeNull();
  });

  it('that brings more than was asked for says nothing to the next caller', async () => {
    upstream.script = (_request, response) => {
      const answer = JSON.stringify(chatCompletion('mine'));
      const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n`;
      response.socket!.write(head + answer + head + answer.replace('mine', 'evil'));
    };
    await postChat(gateway, asking('shaped/m', 'Hi')).then((response) => response.text());
    upstream.script = sendJson(chatCompletion('right'));
    for (let call = 0; call < 20; call += 1) {
      const { choices } = await readCompletion(await postChat(gateway, asking('shaped/m', 'Hi')));
      expect(choices[0]?.message.content).toBe('right');
    }
  });
});

describe('an address in the private network', () => {
  it.each(['walled', 'named'])('is not asked unless the connection %s allows it', async (connection) => {
    const response = await postChat(gateway, asking(`${connection}/m`, 'Hi'));
    expect(response.status).toBe(403);
    const error = await readError(response);
    expect(error.code).toBe('address_not_allowed');
    expect(JSON.stringify(error)).not.toContain(new URL(upstream.url).port);
    expect(upstream.requests).toHaveLength(0);
  });
});
