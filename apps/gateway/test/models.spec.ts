import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenAI } from 'openai';
import { asking, postChat, readCompletion, readError } from './support/chat-client.ts';
import { addAlias, addKey } from './support/configuration.ts';
import { eventually } from './support/stream-client.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, startUpstream, type Upstream } from './support/upstream.ts';

const PRICING = { input: '1.00', output: '2.50' };

let gateway: TestGateway;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream(sendJson(chatCompletion('fine')));
  const common = { provider: 'openai-compatible', baseUrl: upstream.url } as const;
  gateway = await startTestGateway({
    environment: { DEFAULT_MODEL: 'alpha/vendor/model' },
    connections: [
      {
        ...common,
        name: 'alpha',
        models: [
          { name: 'vendor/model', pricing: PRICING, capabilities: { tools: true } },
          { name: 'twin' },
          { name: 'off', isAvailable: false },
        ],
      },
      { ...common, name: 'alpha-two', passthrough: false, models: [{ name: 'twin' }, { name: 'only-here' }] },
    ],
  });
  await addAlias(gateway.runtime, 'fast', ['alpha/twin', 'alpha-two/twin']);
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});

type Listed = { object: string; data: { id: string; is_available: boolean }[] };

async function get<Body>(path: string, headers: Record<string, string> = {}): Promise<Body> {
  const response = await fetch(gateway.url + path, {
    headers: { authorization: `Bearer ${gateway.adminKey}`, ...headers },
  });
  return (await response.json()) as Body;
}

const listIds = async (): Promise<string[]> => (await get<Listed>('/v1/models')).data.map(({ id }) => id);

/** What the provider was asked for, by way of one name. */
async function upstreamModelOf(model: string): Promise<{ answeredBy: string | null; asked: unknown }> {
  const response = await postChat(gateway, asking(model, 'Hi'));
  await readCompletion(response);
  const asked = JSON.parse(upstream.requests.at(-1)!.body.toString()) as { model: unknown };
  return { answeredBy: response.headers.get('x-parley-model'), asked: asked.model };
}

describe('the list of models', () => {
  it('has OpenAI’s fields and what else one needs to choose', async () => {
    const list = await get<Listed>('/v1/models');
    expect(list.object).toBe('list');
    expect(list.data.map(({ id, is_available: available }) => [id, available])).toEqual(
      expect.arrayContaining([
        ['alpha/vendor/model', true],
        ['alpha/twin', true],
        ['alpha/off', false],
        ['alpha-two/twin', true],
      ]),
    );
    expect(list.data.find(({ id }) => id === 'alpha/vendor/model')).toEqual({
      id: 'alpha/vendor/model',
      object: 'model',
      created: expect.any(Number),
      owned_by: 'alpha',
      display_name: null,
      context_length: null,
      max_output_tokens: null,
      pricing: PRICING,
      capabilities: { tools: true },
      is_available: true,
    });
  });

  it('is read by OpenAI’s client', async () => {
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.adminKey, maxRetries: 0 });
    const { data } = await openai.models.list();
    expect(data.map(({ id }) => id)).toContain('alpha/vendor/model');
    expect((await openai.models.retrieve('alpha/vendor/model')).id).toBe('alpha/vendor/model');
  });

  it('has Anthropic’s shape for Anthropic’s clients', async () => {
    const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': gateway.adminKey };
    const response = await fetch(`${gateway.url}/v1/models`, { headers });
    const list = (await response.json()) as { data: { id: string }[]; first_id: string };
    expect(list).toMatchObject({ has_more: false, first_id: list.data[0]?.id, last_id: list.data.at(-1)?.id });
    expect(list.data[0]).toEqual({
      type: 'model',
      id: expect.any(String),
      display_name: expect.any(String),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      max_input_tokens: null,
      max_tokens: null,
    });
  });

  it('shows a key what it may use and nothing else', async () => {
    const { secret } = await addKey(gateway.runtime, { models: ['alpha-two/*'] });
    const headers = { authorization: `Bearer ${secret}` };
    const { data } = await get<Listed>('/v1/models', headers);
    expect(data.map(({ id }) => id).toSorted()).toEqual(['alpha-two/only-here', 'alpha-two/twin']);
    expect(await get('/v1/models/alpha/twin', headers)).toMatchObject({ error: { code: 'model_not_found' } });
  });

  it('is for those with a key only', async () => {
    expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(401);
  });
});

describe('one model', () => {
  it.each(['alpha/vendor/model', 'alpha%2Fvendor%2Fmodel', 'ext-alpha-vendor/model', 'ext-alpha-vendor%2Fmodel'])(
    'is found as %s',
    async (spelling) => {
      const found = await get<{ pricing: unknown }>(`/v1/models/${spelling}`);
      expect(found).toMatchObject({ object: 'model', owned_by: 'alpha', pricing: PRICING });
    },
  );

  it('that does not exist is not found', async () => {
    const headers = { authorization: `Bearer ${gateway.adminKey}` };
    const response = await fetch(`${gateway.url}/v1/models/nowhere/model`, { headers });
    expect(response.status).toBe(404);
    expect(await readError(response)).toMatchObject({ code: 'model_not_found', param: 'model' });
  });
});

describe('the name of a model', () => {
  it.each([
    ['alpha/vendor/model', 'alpha/vendor/model', 'vendor/model'],
    ['ext-alpha-vendor/model', 'alpha/vendor/model', 'vendor/model'],
    ['vendor/model', 'alpha/vendor/model', 'vendor/model'],
    ['ext-alpha-two-twin', 'alpha-two/twin', 'twin'],
    ['only-here', 'alpha-two/only-here', 'only-here'],
    ['fast', 'alpha/twin', 'twin'],
    ['default', 'alpha/vendor/model', 'vendor/model'],
    ['alpha/not-in-the-table', 'alpha/not-in-the-table', 'not-in-the-table'],
  ])('%s means %s', async (name, answeredBy, asked) => {
    expect(await upstreamModelOf(name)).toEqual({ answeredBy, asked });
  });

  it('that two connections offer is refused, and both are named', async () => {
    const response = await postChat(gateway, asking('twin', 'Hi'));
    expect(response.status).toBe(400);
    const error = await readError(response);
    expect(error).toMatchObject({ code: 'invalid_request', param: 'model' });
    expect(error.message).toMatch(/alpha-two\/twin, alpha\/twin|alpha\/twin, alpha-two\/twin/);
  });

  it('that is in no table is unknown where the connection wants it so', async () => {
    const response = await postChat(gateway, asking('alpha-two/not-in-the-table', 'Hi'));
    expect([response.status, (await readError(response)).code]).toEqual([404, 'model_not_found']);
  });
});

describe('a change of the configuration', () => {
  it('is served without a restart, and without being asked to', async () => {
    const { models, connections, aliases } = gateway.runtime.stores;
    await models.create({ modelId: 'alpha/new', connection: 'alpha', upstreamModel: 'new' });
    await eventually('the new model is listed', async () => (await listIds()).includes('alpha/new'));

    await models.update('alpha/new', { isAvailable: false });
    await eventually('the model is unavailable', async () => {
      const response = await postChat(gateway, asking('alpha/new', 'Hi'));
      return (await response.text()).includes('model_unavailable');
    });

    await aliases.put('fast', { strategy: 'priority', deployments: ['alpha-two/only-here'] });
    await eventually('the alias means something else', async () => {
      return (await upstreamModelOf('fast')).answeredBy === 'alpha-two/only-here';
    });

    await connections.update('alpha-two', { enabled: false });
    await eventually('the connection is off', async () => {
      return (await postChat(gateway, asking('fast', 'Hi'))).status === 404;
    });
  });

  it('ends a key that was removed', async () => {
    const { id, secret } = await addKey(gateway.runtime);
    expect((await postChat(gateway, asking('default', 'Hi'), { key: secret })).status).toBe(200);
    await gateway.runtime.stores.keys.remove(id);
    await eventually('the key is refused', async () => {
      return (await postChat(gateway, asking('default', 'Hi'), { key: secret })).status === 401;
    });
  });
});
