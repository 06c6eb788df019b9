import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, startUpstream, type Upstream } from './support/upstream.ts';

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream(sendJson(chatCompletion('fine')));
  gateway = await startTestGateway({
    connections: [
      {
        provider: 'openai-compatible',
        name: 'alpha',
        baseUrl: upstream.url,
        models: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }],
      },
    ],
  });
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});

type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

async function call(path: string, headers: Record<string, string>, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(gateway.url + path, { ...init, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

const anthropic = (): Record<string, string> => ({
  'x-api-key': gateway.adminKey,
  'anthropic-version': '2023-06-01',
});
const google = (): Record<string, string> => ({ 'x-goog-api-key': gateway.adminKey });
const openai = (): Record<string, string> => ({ authorization: `Bearer ${gateway.adminKey}` });

const ANTHROPIC_SHAPE = {
  type: 'error',
  error: { type: 'not_found_error' },
  request_id: expect.stringMatching(/^req_/),
};
const GOOGLE_SHAPE = { error: { code: 404, status: 'NOT_FOUND', message: expect.any(String) } };
const OPENAI_SHAPE = { error: { type: 'invalid_request_error', code: 'unknown_route', param: null } };

describe('what is not offered', () => {
  it.each(['/v1/messages/batches', '/v1/files', '/v1/files/file_1', '/v1/skills', '/v1/models/none', '/v1/none'])(
    'is told to Anthropic’s clients in their shape: GET %s',
    async (path) => {
      const { status, body } = await call(path, anthropic());
      expect(status).toBe(404);
      expect(body).toMatchObject(ANTHROPIC_SHAPE);
    },
  );

  it.each(['/v1/files', '/v1/batches', '/v1/models/none', '/v1/none', '/v1beta/files', '/upload/v1/files'])(
    'is told to Google’s clients in their shape: GET %s',
    async (path) => {
      const { status, body } = await call(path, google());
      expect(status).toBe(404);
      expect(body).toMatchObject(GOOGLE_SHAPE);
    },
  );

  it.each(['asyncBatchEmbedContent', 'batchGenerateContent', 'predict'])(
    'is told to Google’s clients in their shape, at both versions: %s',
    async (verb) => {
      for (const version of ['v1', 'v1beta']) {
        const path = `/${version}/models/alpha/a:${verb}`;
        const init = { method: 'POST', body: '{}' };
        const { status, body } = await call(path, { ...google(), 'content-type': 'application/json' }, init);
        expect(status).toBe(404);
        expect(body).toMatchObject(GOOGLE_SHAPE);
      }
    },
  );

  it('keeps OpenAI’s shape at OpenAI’s doors, whoever asks', async () => {
    const { status, body } = await call('/v1/chat/none', { ...anthropic(), ...google() });
    expect(status).toBe(404);
    expect(body).toMatchObject(OPENAI_SHAPE);
  });

  it('is a route that does not exist, also for a form', async () => {
    const form = new FormData();
    form.set('file', new Blob(['RIFF']), 'a.wav');
    const { status, body } = await call('/v1/audio/transcriptions', openai(), { method: 'POST', body: form });
    expect(status).toBe(404);
    expect(body).toMatchObject(OPENAI_SHAPE);
  });

  it('is a stream of a stored response: an error, not a stream without events', async () => {
    const { status, body } = await call('/v1/responses/resp_1?stream=true', openai());
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 'invalid_request', param: 'stream' } });
  });
});

it.each(['/v1/models', '/v1/models/alpha/a', '/v1/files', '/v1/none', '/health/live', '/api/providers'])(
  'an answer names its request twice, as OpenAI’s and as Anthropic’s clients look for it: GET %s',
  async (path) => {
    const { headers } = await call(path, openai());
    expect(headers.get('x-request-id')).toMatch(/^req_/);
    expect(headers.get('request-id')).toBe(headers.get('x-request-id'));
  },
);

describe('Anthropic’s list of models', () => {
  type Page = { data: { id: string }[]; has_more: boolean; first_id: string | null; last_id: string | null };
  const page = async (query: string): Promise<Page> =>
    (await call(`/v1/models${query}`, anthropic())).body as unknown as Page;
  const idsOf = ({ data }: Page): string[] => data.map(({ id }) => id);

  it('is whole for those who do not page', async () => {
    const whole = await page('');
    expect(idsOf(whole)).toEqual(['alpha/a', 'alpha/b', 'alpha/c', 'alpha/d']);
    expect(whole).toMatchObject({ has_more: false, first_id: 'alpha/a', last_id: 'alpha/d' });
  });

  it('can be walked forwards and back', async () => {
    const first = await page('?limit=3');
    expect([idsOf(first), first.has_more]).toEqual([['alpha/a', 'alpha/b', 'alpha/c'], true]);
    const second = await page(`?limit=3&after_id=${first.last_id}`);
    expect([idsOf(second), second.has_more]).toEqual([['alpha/d'], false]);
    const before = await page(`?limit=2&before_id=${second.first_id}`);
    expect([idsOf(before), before.has_more]).toEqual([['alpha/b', 'alpha/c'], true]);
  });

  it.each(['?limit=0', '?limit=x', '?after_id=none'])('refuses %s', async (query) => {
    const { status, body } = await call(`/v1/models${query}`, anthropic());
    expect(status).toBe(400);
    expect(body).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
  });
});
