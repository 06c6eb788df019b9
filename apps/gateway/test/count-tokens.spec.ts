import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { addKey } from './support/configuration.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { sendJson, startUpstream, type Upstream } from './support/upstream.ts';

type Headers = Record<string, string>;

/** What the two doors at which tokens are counted have of their own. */
type CountingDoor = {
  name: string;
  /** The connection that speaks the door's format. */
  own: string;
  path(model: string): string;
  upstreamPath: string;
  body(model: string, text: string): object;
  /** The same as it goes to the provider. */
  upstreamBody(text: string): object;
  /** The same for a provider of this format, when it came at another door. */
  translatedBody(text: string): object;
  passedOn: Headers;
  counted: object;
  estimate(tokens: number): object;
  failure(message: string, status: number): object;
  errorOf(message: string | RegExp): object;
};

const DOORS: CountingDoor[] = [
  {
    name: 'Anthropic’s',
    own: 'claude',
    path: () => '/v1/messages/count_tokens',
    upstreamPath: '/v1/messages/count_tokens',
    body: (model, content) => ({ model, messages: [{ role: 'user', content }] }),
    upstreamBody: (content) => ({ model: 'm', messages: [{ role: 'user', content }] }),
    translatedBody: (text) => ({ model: 'm', messages: [{ role: 'user', content: [{ type: 'text', text }] }] }),
    passedOn: { 'anthropic-beta': 'a-1' },
    counted: { input_tokens: 42, context_management: { original_input_tokens: 50 } },
    estimate: (tokens) => ({ input_tokens: tokens }),
    failure: (message, status) => ({
      type: 'error',
      error: {
        type: { 404: 'not_found_error', 429: 'rate_limit_error', 401: 'authentication_error' }[status] ?? 'api_error',
        message,
      },
    }),
    errorOf: (message) => ({
      type: 'error',
      error: { type: expect.any(String), message: expect.stringMatching(message) },
      request_id: expect.stringMatching(/^req_/),
    }),
  },
  {
    name: 'Gemini’s',
    own: 'gem',
    path: (model) => `/v1beta/models/${model}:countTokens`,
    upstreamPath: '/v1beta/models/m:countTokens',
    body: (_model, text) => ({ contents: [{ parts: [{ text }] }] }),
    upstreamBody: (text) => ({ contents: [{ parts: [{ text }] }] }),
    translatedBody: (text) => ({
      generateContentRequest: { model: 'models/m', contents: [{ role: 'user', parts: [{ text }] }] },
    }),
    passedOn: {},
    counted: { totalTokens: 42, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 42 }] },
    estimate: (tokens) => ({ totalTokens: tokens }),
    failure: (message, code) => ({ error: { code, message, status: code === 404 ? 'NOT_FOUND' : 'X' } }),
    errorOf: (message) => ({
      error: expect.objectContaining({ code: expect.any(Number), message: expect.stringMatching(message) }),
    }),
  },
];

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
  const models = [{ name: 'm' }, { name: 'vectors', capabilities: { embeddings: true } }];
  const connection = (name: string, provider: string) => ({ name, provider, baseUrl: upstream.url, models });
  gateway = await startTestGateway({
    connections: [
      connection('claude', 'anthropic'),
      connection('gem', 'google'),
      connection('chat', 'openai-compatible'),
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

describe.each(DOORS)('a count of tokens at $name door', (door) => {
  const model = `${door.own}/m`;

  const ask = (asked = model, headers: Headers = {}, text = 'Hi there', signal?: AbortSignal): Promise<Response> =>
    fetch(gateway.url + door.path(asked), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': gateway.adminKey, ...headers },
      body: JSON.stringify(door.body(asked, text)),
      ...(signal && { signal }),
    });

  async function expectRefusal(response: Response, status: number, message: string | RegExp): Promise<void> {
    expect([response.status, await response.json()]).toEqual([status, door.errorOf(message)]);
    expect(response.headers.get('request-id')).toMatch(/^req_/);
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
  }

  it('is the provider’s own, as it says it, where the model speaks this format', async () => {
    upstream.script = sendJson(door.counted);
    const response = await ask(model, door.passedOn);
    expect(await response.json()).toEqual(door.counted);
    expect(upstream.requests[0]).toMatchObject({ path: door.upstreamPath, headers: door.passedOn });
    expect(JSON.parse(upstream.requests[0]!.body.toString())).toEqual(door.upstreamBody('Hi there'));
  });

  it('is the provider’s own too where the model speaks another format that counts', async () => {
    const other = DOORS.find(({ own }) => own !== door.own)!;
    upstream.script = sendJson(other.counted);
    const response = await ask(`${other.own}/m`, door.passedOn);
    expect(await response.json()).toEqual(door.estimate(42));
    expect(upstream.requests).toMatchObject([{ method: 'POST', path: other.upstreamPath }]);
    expect(JSON.parse(upstream.requests[0]!.body.toString())).toEqual(other.translatedBody('Hi there'));
    upstream.script = sendJson({ tokens: 42 });
    await expectRefusal(await ask(`${other.own}/m`), 502, '');
    expect(upstream.requests).toHaveLength(2);
  });

  it('is estimated where nobody counts, and nobody is asked', async () => {
    const response = await ask('chat/m', {}, 'x'.repeat(400));
    // By characters at first, by the tokenizer once it is loaded.
    expect([door.estimate(50), door.estimate(100)]).toContainEqual(await response.json());
    expect(upstream.requests).toEqual([]);
  });

  it.each([404, 405, 501])('is estimated where the server has no such route (%d)', async (status) => {
    upstream.script = sendJson(door.failure('Requested entity was not found.', status), status);
    const response = await ask();
    expect([response.status, await response.json()]).toEqual([200, door.estimate(2)]);
    expect(upstream.requests).toHaveLength(1);
  });

  it.each([
    [404, 'model: m is not found', 404],
    [429, 'Slow down', 429],
    [401, 'invalid key', 502],
    [500, 'Oops', 503],
  ])('that the provider refuses with %d (%s) is answered with %d', async (status, message, expected) => {
    upstream.script = sendJson(door.failure(message, status), status);
    await expectRefusal(await ask(), expected, '');
  });

  it.each([model, 'chat/m'])(
    'of %s counts among the requests of its key, and says how many are left',
    async (asked) => {
      upstream.script = sendJson(door.counted);
      const { secret } = await addKey(gateway.runtime, { rpm: 1 });
      const first = await ask(asked, { 'x-api-key': secret });
      await first.body?.cancel();
      expect([first.status, first.headers.get('x-ratelimit-remaining-requests')]).toEqual([200, '0']);
      expect(first.headers.get('request-id')).toMatch(/^req_/);
      expect(first.headers.get('request-id')).toBe(first.headers.get('x-request-id'));
      const second = await ask(asked, { 'x-api-key': secret });
      await expectRefusal(second, 429, '');
      expect(second.headers.get('retry-after')).toMatch(/^\d+$/);
    },
  );

  it('leaves room for the next call of a key that may make one at a time', async () => {
    upstream.script = sendJson(door.counted);
    const { secret } = await addKey(gateway.runtime, { maxParallel: 1 });
    for (let turn = 0; turn < 2; turn += 1) expect((await ask(model, { 'x-api-key': secret })).status).toBe(200);
  });

  it.each([`${door.own}/vectors`, 'chat/vectors'])('of %s is refused, since it does not chat', async (asked) => {
    await expectRefusal(await ask(asked), 400, /does not chat/);
    expect(upstream.requests).toEqual([]);
  });

  it('ends at the caller’s own deadline', async () => {
    upstream.script = () => {};
    await expectRefusal(await ask(model, { 'x-parley-timeout-ms': '100' }), 504, '');
    expect(await upstream.requests[0]!.over).toMatchObject({ aborted: true });
    await expectRefusal(await ask(model, { 'x-parley-timeout-ms': 'soon' }), 400, /x-parley-timeout-ms/);
    expect(upstream.requests).toHaveLength(1);
  });

  it('is given up at the provider when its caller leaves', async () => {
    const leaving = new AbortController();
    const came = new Promise<void>((resolve) => {
      upstream.script = () => resolve();
    });
    const asked = ask(model, {}, 'Hi', leaving.signal).catch((error: Error) => error.name);
    await came;
    leaving.abort();
    expect(await asked).toBe('AbortError');
    expect(await upstream.requests[0]!.over).toMatchObject({ aborted: true });
  });
});
