import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asking, postChat, readCompletion, readStream, textOf } from './support/chat-client.ts';
import { openManagement } from './support/management-client.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import {
  chatCompletion,
  chatEvent,
  DONE,
  sendJson,
  sendPieces,
  startUpstream,
  tokens,
  type Upstream,
} from './support/upstream.ts';

const MODEL = 'openrouter/maker/model';

describe('OpenRouter from the environment', () => {
  let upstream: Upstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startTestGateway({
      providerVariables: {
        OPENROUTER_API_KEY: 'sk-or-of-a-test',
        OPENROUTER_BASE_URL: `${upstream.url}/api/v1`,
        OPENROUTER_APP_URL: 'https://app.example',
        OPENROUTER_APP_NAME: 'App of a test',
      },
    });
  });
  afterAll(async () => {
    await gateway?.close();
    await upstream?.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
    upstream.script = sendJson(chatCompletion('Hello'));
  });

  const sent = () => {
    const [request, ...others] = upstream.requests;
    expect(others).toEqual([]);
    return { ...request!, body: JSON.parse(request!.body.toString()) as Record<string, unknown> };
  };

  it('is told which application calls', async () => {
    await readCompletion(await postChat(gateway, asking(MODEL, 'Hi')));
    expect(sent()).toMatchObject({
      path: '/api/v1/chat/completions',
      headers: {
        authorization: 'Bearer sk-or-of-a-test',
        'http-referer': 'https://app.example',
        'x-title': 'App of a test',
      },
      body: { model: 'maker/model' },
    });
  });

  it('is told so when it is asked for its models as well', async () => {
    upstream.script = sendJson({
      data: [
        { id: 'maker/model', name: 'Maker: Model', context_length: 8192, top_provider: { max_completion_tokens: 512 } },
      ],
    });
    const list = await openManagement(gateway)('GET', '/api/monitoring/providers/openrouter/models');
    expect(list.body).toMatchObject({
      data: [{ id: 'maker/model', display_name: 'Maker: Model', context_length: 8192, max_output_tokens: 512 }],
    });
    expect(upstream.requests).toMatchObject([{ path: '/api/v1/models', headers: { 'x-title': 'App of a test' } }]);
  });

  it('gets its own fields, which the gateway takes from every other provider', async () => {
    const own = {
      models: ['maker/other'],
      provider: { order: ['Host'], allow_fallbacks: false },
      plugins: [{ id: 'web' }],
    };
    await readCompletion(await postChat(gateway, asking(MODEL, 'Hi', own)));
    expect(sent().body).toMatchObject({ model: 'maker/model', ...own });
  });

  it('is read past its comments and the finish that it tells twice', async () => {
    upstream.script = sendPieces([
      ': OPENROUTER PROCESSING\n\n',
      chatEvent({ role: 'assistant', content: 'Hel' }),
      ': OPENROUTER PROCESSING\n\n',
      chatEvent({ content: 'lo' }),
      chatEvent({ content: '' }, 'stop'),
      chatEvent({ content: '' }, 'stop', { usage: tokens(10, 5) }),
      DONE,
    ]);
    const request = asking(MODEL, 'Hi', { stream: true, stream_options: { include_usage: true } });
    const seen = await readStream(await postChat(gateway, request));
    expect(textOf(seen)).toBe('Hello');
    const finishes = seen.chunks.flatMap(({ choices }) => choices.flatMap((choice) => choice.finish_reason ?? []));
    expect(finishes).toEqual(['stop']);
    expect(seen.chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } });
    expect(seen.done).toBe(true);
  });
});
