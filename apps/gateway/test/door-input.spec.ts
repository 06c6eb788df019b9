import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { INPUT_DOORS } from './support/input-doors.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, startUpstream, type Upstream } from './support/upstream.ts';

type Body = string | Buffer | object;
type Options = { method?: string; headers?: Record<string, string>; path?: string };

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream(sendJson(chatCompletion('fine')));
  const connection = (name: string, provider: string) => ({
    name,
    provider,
    baseUrl: upstream.url,
    passthrough: false,
    models: [{ name: 'm' }, { name: 'off', isAvailable: false }],
  });
  gateway = await startTestGateway({
    environment: { BODY_LIMIT_MIB: '1' },
    connections: [
      connection('chat', 'openai-compatible'),
      connection('openai', 'openai'),
      connection('claude', 'anthropic'),
      connection('gem', 'google'),
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

describe.each(INPUT_DOORS)('bad input at $name', (door) => {
  const good = door.body('chat/m');

  function send(
    body: Body,
    { method = 'POST', headers = {}, path = door.path('chat/m') }: Options = {},
  ): Promise<Response> {
    const isEmpty = method === 'GET' || method === 'HEAD';
    const text = Buffer.isBuffer(body) ? new Uint8Array(body) : typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(gateway.url + path, {
      method,
      headers: { 'content-type': 'application/json', 'x-api-key': gateway.adminKey, ...headers },
      ...(!isEmpty && { body: text }),
    });
  }

  async function expectRefusal(response: Response, status: number, field?: string): Promise<void> {
    const text = await response.text();
    expect([response.status, text]).toEqual([status, expect.any(String)]);
    const { message } = door.shape(JSON.parse(text), status);
    if (field !== undefined) expect(message).toContain(field);
    expect(message).not.toMatch(/undefined|\[object/);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expectIds(response);
    expect(upstream.requests).toEqual([]);
  }

  function expectIds({ headers }: Response): void {
    expect(headers.get('x-request-id')).toMatch(/^req_/);
    expect(headers.get('request-id')).toBe(headers.get('x-request-id'));
  }

  const [member] = Object.entries(good)[0]!;
  const text = JSON.stringify(good);

  const badBodies: [what: string, body: Body, field?: string][] = [
    ['an empty body', ''],
    ['blanks for a body', '  '],
    ['no JSON', 'hello'],
    ['a body that is cut', text.slice(0, -1)],
    ['a comma too many', text.replace(/\}$/, ',}')],
    ['something behind it', `${text}{}`],
    ['bytes that are no UTF-8', Buffer.from(text.replace('Hi', '\xff'), 'latin1')],
    ['a member given twice', text.replace('{', `{"${member}":null,`), member],
    [
      'a member given twice in disguise',
      text.replace('{', `{"\\u${member.charCodeAt(0).toString(16).padStart(4, '0')}${member.slice(1)}":null,`),
      member,
    ],
    ['__proto__ at its top', text.replace('{', '{"__proto__":{},'), '__proto__'],
    ['too many levels', text.replace('{', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},`), 'body'],
    ['a list', '[]', 'body'],
    ['a list of a good one', `[${text}]`, 'body'],
    ['a text', '"hi"', 'body'],
    ['a number', '5', 'body'],
    ['nothing', 'null', 'body'],
  ];

  it.each(badBodies.map(([what, body, field]) => [what, body, field] as const))(
    'as a body: %s',
    async (_what, body, field) => {
      await expectRefusal(await send(body), 400, field);
    },
  );

  it('more than the limit, and of another type', async () => {
    await expectRefusal(await send(text.replace('Hi', 'x'.repeat(1024 * 1024))), 413);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      await expectRefusal(await send(text, { headers: { 'content-type': type } }), 415);
    }
    await expectRefusal(await send(Buffer.from(text), { headers: { 'content-type': '' } }), 415);
  });

  describe.each(door.connections)('for %s', (connection) => {
    it.each(door.wrong)('with %s is refused', async (_what, fields, field) => {
      const model = `${connection}/m`;
      await expectRefusal(await send(door.body(model, fields), { path: door.path(model) }), 400, field);
    });

    it.each([
      ['an unknown model', 'nothing'],
      ['a model that is switched off', 'off'],
    ])('with %s is refused', async (_what, name) => {
      const model = `${connection}/${name}`;
      await expectRefusal(await send(door.body(model), { path: door.path(model) }), 404, model);
    });
  });

  const { impossible, dropped } = door;
  if (impossible)
    it.each(impossible)('with %s is refused for a model that cannot', async (_what, fields, field) => {
      await expectRefusal(await send(door.body('claude/m', fields), { path: door.path('claude/m') }), 400, field);
    });

  if (dropped) {
    const [fields, loss] = dropped;
    it('with what a model knows nothing of says so, and is refused to a strict caller', async () => {
      const options = { path: door.path('claude/m') };
      await expectRefusal(
        await send(door.body('claude/m', fields), { ...options, headers: { 'x-parley-strict': '1' } }),
        400,
        loss,
      );
      upstream.script = sendJson(CLAUDE);
      const response = await send(door.body('claude/m', fields), options);
      await response.text();
      expect([response.headers.get('x-parley-losses'), upstream.requests.length]).toEqual([`${loss}=dropped`, 1]);
    });
  }

  it.each([
    ['no key', { 'x-api-key': '' }],
    ['an unknown key', { 'x-api-key': `sk-parley-${'x'.repeat(43)}` }],
    ['a key in another scheme', { 'x-api-key': '', authorization: 'Basic abc' }],
  ])('with %s is refused', async (_what, headers) => {
    await expectRefusal(await send(good, { headers }), 401);
  });

  it('with a key in the URL is refused', async () => {
    const path = `${door.path('chat/m')}?key=${gateway.adminKey}`;
    const response = await send(good, { path, headers: { 'x-api-key': '' } });
    expect(await response.clone().text()).not.toContain(gateway.adminKey);
    await expectRefusal(response, path.startsWith('/v1beta') ? 400 : 401);
  });

  it('by another method, or at an unknown path', async () => {
    for (const method of door.otherMethods) {
      const response = await send(good, { method });
      if (method === 'HEAD') expect([response.status, await response.text()]).toEqual([405, '']);
      else await expectRefusal(response, 405);
      expectIds(response);
      expect(response.headers.get('allow')).toContain('POST');
    }
    await expectRefusal(await send(good, { path: door.unknownPath }), 404);
    expect(upstream.requests).toEqual([]);
  });
});

const CLAUDE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'fine' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 1, output_tokens: 1 },
};
