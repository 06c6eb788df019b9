import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import { startSocketUpstream, startUpstream, until, type Upstream } from './http/upstream.testing.ts';
import { deploymentAt, openClient, UNCOUNTED, wholeOf } from './invoke.testing.ts';

const client = openClient();
const upstreams: Upstream[] = [];
const open = async (upstream: Promise<Upstream>): Promise<Upstream> => {
  upstreams.push(await upstream);
  return upstream;
};
afterEach(async () => void (await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()))));
afterAll(() => client.close());

const completion = { ...UNCOUNTED, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } };
const JSON_HEADERS = { 'content-type': 'application/json' };
const failure = (code: string, fields: object = {}): unknown =>
  expect.objectContaining({ name: 'UpstreamFailureError', failure: expect.objectContaining({ code, ...fields }) });

describe('asking a provider of the same format', () => {
  it("relays the client's bytes with the model's upstream name, and the provider's bytes as they came", async () => {
    const body = ` ${JSON.stringify(completion, null, 1)}\n`;
    const upstream = await open(startUpstream((response) => response.writeHead(200, JSON_HEADERS).end(body)));
    const answer = await client.ask(deploymentAt(`${upstream.url}/v1/`), { fields: { odd: '\u00e9', n: 1 } });
    expect(answer).toMatchObject({ kind: 'whole', usage: completion.usage, losses: [] });
    expect(wholeOf(answer)).toEqual(completion);
    expect(answer.kind === 'whole' && answer.bytes?.toString()).toBe(body);
    expect(upstream.requests).toMatchObject([
      {
        method: 'POST',
        path: '/v1/chat/completions',
        body: '{"model":"upstream-model","messages":[{"role":"user","content":"hi"}],"odd":"\u00e9","n":1}',
      },
    ]);
    expect(upstream.requests[0]!.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'parley' });
    expect(upstream.requests[0]!.headers).not.toHaveProperty('accept-encoding');
  });

  it("tells what the provider's own rules took out of a request, and does not ask where that is not to be borne", async () => {
    const upstream = await open(startUpstream((response) => response.end(JSON.stringify(completion))));
    const { target, ...others } = deploymentAt(upstream.url);
    const strictly = { ...others, target: { ...target, quirks: { refused: ['seed'] } } };
    const losses = [{ param: 'seed', action: 'dropped', reason: 'the provider has no such field' }];
    expect(await client.ask(strictly, { fields: { seed: 5 } })).toMatchObject({ kind: 'whole', losses });
    expect(JSON.parse(upstream.requests[0]!.body)).not.toHaveProperty('seed');
    const asked = client.ask(strictly, { fields: { seed: 5 }, strict: true });
    await expect(asked).rejects.toMatchObject({ code: 'unsupported_parameter', details: { param: 'seed' } });
    expect(upstream.requests).toHaveLength(1);
  });

  it('mends an answer that lacks something, and then does not relay its bytes', async () => {
    const upstream = await open(startUpstream((response) => response.end(JSON.stringify({ ...completion, id: '' }))));
    const answer = await client.ask(deploymentAt(upstream.url));
    expect(answer).toMatchObject({ bytes: null });
    expect(wholeOf(answer)).toEqual({ ...completion, id: 'fallback' });
  });
});

describe('asking a provider of another format', () => {
  const message = {
    id: 'msg',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [{ type: 'text', text: 'hi' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  };

  it('translates there and back', async () => {
    const upstream = await open(
      startUpstream((response) => response.writeHead(200, JSON_HEADERS).end(JSON.stringify(message))),
    );
    const answer = await client.ask(deploymentAt(upstream.url, 'anthropic-compatible'), { fields: { max_tokens: 5 } });
    expect(answer).toMatchObject({ kind: 'whole', bytes: null });
    expect(wholeOf(answer)).toMatchObject({ choices: completion.choices });
    const [request] = upstream.requests;
    expect(request).toMatchObject({ path: '/v1/messages', headers: { 'anthropic-version': '2023-06-01' } });
    expect(JSON.parse(request!.body)).toMatchObject({ model: 'upstream-model', max_tokens: 5 });
  });

  it('does not ask at all when a loss is not to be borne', async () => {
    const upstream = await open(startUpstream((response) => response.end('{}')));
    const asked = client.ask(deploymentAt(upstream.url, 'anthropic-compatible'), { fields: { seed: 5 }, strict: true });
    await expect(asked).rejects.toThrow(GatewayError);
    await expect(asked).rejects.toMatchObject({ code: 'unsupported_parameter', details: { param: 'seed' } });
    expect(upstream.requests).toEqual([]);
  });

  it('keeps the name of a model from reaching into the path', async () => {
    const upstream = await open(startUpstream((response) => response.writeHead(404).end()));
    const asked = client.ask(deploymentAt(upstream.url, 'google', 'models/tuned/../a?b#c:x y'));
    await expect(asked).rejects.toEqual(failure('model_not_found'));
    expect(upstream.requests[0]!.path).toBe('/v1beta/models/tuned%2F..%2Fa%3Fb%23c%3Ax%20y:generateContent');
  });
});

describe('credentials', () => {
  it.each([
    ['openai', 'authorization', 'Bearer the-secret'],
    ['anthropic', 'x-api-key', 'the-secret'],
    ['google', 'x-goog-api-key', 'the-secret'],
  ])('travel the way that %s wants, and no other', async (provider, header, value) => {
    const upstream = await open(startUpstream((response) => response.writeHead(500).end()));
    const deployment = { ...deploymentAt(upstream.url, provider), credentials: [{ id: 'c', secret: 'the-secret' }] };
    await expect(client.ask(deployment)).rejects.toEqual(failure('provider_unavailable', { retryable: true }));
    const [request] = upstream.requests;
    expect(request!.headers[header]).toBe(value);
    expect(JSON.stringify(request).split('the-secret')).toHaveLength(2);
  });

  it('are not sent where there are none', async () => {
    const upstream = await open(startUpstream((response) => response.end(JSON.stringify(completion))));
    await client.ask(deploymentAt(upstream.url));
    expect(upstream.requests[0]!.headers).not.toHaveProperty('authorization');
  });
});

describe('answers that are none', () => {
  it.each<[name: string, status: number, headers: Record<string, string>, body: string | Buffer, code: string]>([
    ['a page of HTML', 200, { 'content-type': 'text/html' }, '<html></html>', 'provider_bad_answer'],
    ['nothing', 200, JSON_HEADERS, '', 'provider_bad_answer'],
    ['a list', 200, JSON_HEADERS, '[]', 'provider_bad_answer'],
    ['bytes that are no text', 200, JSON_HEADERS, Buffer.from([0x22, 0xff, 0x22]), 'provider_bad_answer'],
    [
      'a compressed body',
      200,
      { 'content-encoding': 'gzip' },
      gzipSync(JSON.stringify(completion)),
      'provider_bad_answer',
    ],
    ['an error under 200', 200, JSON_HEADERS, '{"error":{"message":"x","code":429}}', 'provider_rate_limited'],
    ['an error as a page', 503, {}, '<html>down</html>', 'provider_unavailable'],
    ['an error as text', 401, {}, 'no', 'provider_auth_failed'],
    ['an empty error', 500, {}, '', 'provider_unavailable'],
    ['a status of no use', 204, {}, '', 'provider_bad_answer'],
  ])('%s', async (_name, status, headers, body, code) => {
    const upstream = await open(startUpstream((response) => response.writeHead(status, headers).end(body)));
    await expect(client.ask(deploymentAt(upstream.url))).rejects.toEqual(failure(code));
  });

  it('tell how long to wait, what field is at fault, and no secret', async () => {
    const error = { message: 'Slow down, sk-abcdefghijkl', param: 'n', code: 'rate_limit_exceeded' };
    const upstream = await open(
      startUpstream((response) => response.writeHead(429, { 'retry-after': '3' }).end(JSON.stringify({ error }))),
    );
    await expect(client.ask(deploymentAt(upstream.url))).rejects.toEqual(
      failure('provider_rate_limited', {
        retryable: true,
        retryAfterMs: 3000,
        param: 'n',
        upstream: { status: 429, code: error.code, message: 'Slow down, ***' },
      }),
    );
  });

  it('include redirects, which are never followed', async () => {
    const elsewhere = await open(startUpstream((response) => response.end(JSON.stringify(completion))));
    const upstream = await open(
      startUpstream((response) => response.writeHead(307, { location: elsewhere.url }).end()),
    );
    await expect(client.ask(deploymentAt(upstream.url))).rejects.toEqual(
      failure('provider_bad_answer', { retryable: false }),
    );
    expect(elsewhere.requests).toEqual([]);
  });

  it('are cut when they are larger than any honest one', async () => {
    const upstream = await open(
      startUpstream((response) => {
        const piece = Buffer.alloc(1024 * 1024, 32);
        const pour = (): void => {
          while (!response.destroyed && response.write(piece));
        };
        response.writeHead(200, JSON_HEADERS).on('drain', pour);
        pour();
      }),
    );
    await expect(client.ask(deploymentAt(upstream.url))).rejects.toEqual(
      failure('provider_bad_answer', { retryable: false }),
    );
    await until(() => upstream.sockets.size === 0);
  });
});

describe('transport failures', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

  it('can be retried when nobody listens', async () => {
    const gone = await startUpstream(() => undefined);
    await gone.close();
    await expect(client.ask(deploymentAt(gone.url))).rejects.toEqual(
      failure('provider_unreachable', { retryable: true }),
    );
  });

  it.each<[name: string, bytes: string, code: string, retryable: boolean]>([
    ['a reset before the head', '', 'provider_unreachable', true],
    ['a reset in the middle of the head', 'HTTP/1.1 200', 'provider_unreachable', true],
    ['a reset in the middle of the body', `${head}content-length: 100\r\n\r\n{"id":`, 'provider_unreachable', true],
    ['a body that is shorter than it says', `${head}content-length: 100\r\n\r\n{}`, 'provider_unreachable', true],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'provider_bad_answer', true],
    ['headers without end', `${head}x-long: ${'x'.repeat(70_000)}\r\n\r\n`, 'provider_bad_answer', false],
  ])('say what happened, and no address: %s', async (_name, bytes, code, retryable) => {
    const upstream = await open(startSocketUpstream((socket) => socket.write(bytes, () => socket.destroySoon())));
    const error: unknown = await client.ask(deploymentAt(upstream.url)).catch((reason: unknown) => reason);
    expect(error).toEqual(failure(code, { retryable }));
    expect(JSON.stringify(error)).not.toContain('127.0.0.1');
  });

  it('are timeouts when no head comes, and these are not retried', async () => {
    const upstream = await open(startUpstream(() => undefined));
    const startMs = performance.now();
    await expect(client.ask(deploymentAt(upstream.url), { limits: { beforeHeadMs: 300 } })).rejects.toEqual(
      failure('provider_timeout', { retryable: false }),
    );
    expect(performance.now() - startMs).toBeLessThan(3000);
  });

  it('are stalls when the body stops', async () => {
    const upstream = await open(startUpstream((response) => response.writeHead(200, JSON_HEADERS).write('{')));
    await expect(client.ask(deploymentAt(upstream.url), { limits: { withinBodyMs: 300 } })).rejects.toEqual(
      failure('provider_stalled', { retryable: false }),
    );
  });

  it.each([
    ['an address', 'http://127.0.0.1'],
    ['an address of the other kind', 'http://[::1]'],
    ['a mapped address', 'http://[::ffff:7f00:1]'],
    ['an address as a number', 'http://2130706433'],
    ['the name of this machine', 'http://localhost'],
  ])('include private addresses, when they are not allowed: %s', async (_name, origin) => {
    const upstream = await open(startUpstream((response) => response.end(JSON.stringify(completion))));
    const deployment = { ...deploymentAt(`${origin}:${new URL(upstream.url).port}`), allowPrivateNetwork: false };
    await expect(client.ask(deployment)).rejects.toEqual(failure('address_not_allowed', { retryable: false }));
    expect(upstream.sockets.size + upstream.requests.length).toBe(0);
  });
});

describe('a caller that gives up', () => {
  it('gets its own reason, and the provider is left within 100 ms', async () => {
    const upstream = await open(startUpstream(() => undefined));
    const controller = new AbortController();
    const asked = client.ask(deploymentAt(upstream.url), { signal: controller.signal });
    await until(() => upstream.requests.length === 1);
    const reason = new GatewayError('client_closed_request');
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    expect(await until(() => upstream.sockets.size === 0)).toBeLessThan(100);
  });

  it('is heard before the connection is there, and then nothing is asked', async () => {
    const upstream = await open(startUpstream((response) => response.end('{}')));
    const asked = client.ask(deploymentAt(upstream.url), {
      signal: AbortSignal.abort(new GatewayError('deadline_exceeded')),
    });
    await expect(asked).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(upstream.requests).toEqual([]);
  });

  it('does not disturb the next one', async () => {
    const upstream = await open(
      startUpstream((response, { body }) =>
        body.includes('slow') ? undefined : response.end(JSON.stringify(completion)),
      ),
    );
    const controller = new AbortController();
    const slow = client.ask(deploymentAt(upstream.url), { fields: { user: 'slow' }, signal: controller.signal });
    await until(() => upstream.requests.length === 1);
    controller.abort(new Error('left'));
    await expect(slow).rejects.toThrow('left');
    await expect(client.ask(deploymentAt(upstream.url))).resolves.toMatchObject({ usage: completion.usage });
  });
});

describe('a provider that sends more than one answer', () => {
  it('cannot slip the second one to the next caller', async () => {
    const answerWith = (content: string): string => {
      const body = JSON.stringify({
        ...completion,
        choices: [{ ...completion.choices[0], message: { role: 'assistant', content } }],
      });
      return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    };
    const upstream = await open(
      startSocketUpstream((socket) => socket.write(answerWith('mine') + answerWith('FOREIGN'))),
    );
    for (let i = 0; i < 5; i++) {
      const answer = await client.ask(deploymentAt(upstream.url)).catch((error: unknown) => error);
      expect(JSON.stringify(answer)).not.toContain('FOREIGN');
    }
  });
});
