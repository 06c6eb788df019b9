import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulatorConnections } from './support/configuration.ts';
import { chatOnce, openManagement, type ErrorAnswer, type ManagementClient } from './support/management-client.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

type ModelList = { data: { id: string }[] };

describe('the tables of models and aliases', () => {
  let simulator: SimulatorProcess;
  let gateway: TestGateway;
  let api: ManagementClient;

  beforeAll(async () => {
    simulator = await startSimulatorProcess();
    gateway = await startTestGateway({ connections: simulatorConnections(simulator.url) });
    api = openManagement(gateway);
  });
  afterAll(async () => {
    await gateway.close();
    await simulator.close();
  });

  const kitModel = {
    model_id: 'openai/kit-model',
    connection: 'openai',
    upstream_model: 'kit-model',
    context_length: 128_000,
    is_available: true,
    pricing: { input: '1.00', output: '2.00', cached_input: '0.10', request: '0', batch_factor: '0.5' },
  };
  const publicIds = async (): Promise<string[]> =>
    (await api<ModelList>('GET', '/v1/models')).body.data.map(({ id }) => id);

  it('creates a model that can be called at once, at its price', async () => {
    const created = await api('POST', '/api/models', kitModel);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      ...kitModel,
      provider: 'openai',
      dialect: 'openai-chat',
      display_name: null,
      max_output_tokens: null,
      capabilities: {},
      price_version: 1,
      unavailable_reason: null,
      field_sources: { context_length: 'admin', is_available: 'admin', pricing: 'admin' },
      source: 'admin',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect(await publicIds()).toContain('openai/kit-model');
    const call = await chatOnce(gateway.url, gateway.adminKey, 'openai/kit-model', '[[sim:usage 1000 500]] Hi');
    expect(call).toMatchObject({ status: 200, costUsd: '0.002' });
  });

  it.each(['/api/models/openai/small', '/api/models/openai%2Fsmall'])('finds a model at %s', async (path) => {
    expect(await api('GET', path)).toMatchObject({ status: 200, body: { model_id: 'openai/small' } });
  });

  it('switches a model off and on at once', async () => {
    await api('POST', '/api/models', { ...kitModel, model_id: 'openai/switched', upstream_model: 'switched' });
    expect(await api('PATCH', '/api/models/openai%2Fswitched', { is_available: false })).toMatchObject({
      status: 200,
      body: { is_available: false, context_length: 128_000 },
    });
    const off = await chatOnce(gateway.url, gateway.adminKey, 'openai/switched');
    expect(off).toMatchObject({ status: 404, body: { error: { code: 'model_unavailable' } } });
    await api('PATCH', '/api/models/openai/switched', { is_available: true });
    expect((await chatOnce(gateway.url, gateway.adminKey, 'openai/switched')).status).toBe(200);
  });

  it('forgets a price that is set to null', async () => {
    await api('POST', '/api/models', { ...kitModel, model_id: 'openai/priced', upstream_model: 'priced' });
    await api('PATCH', '/api/models/openai/priced', { pricing: null });
    const { costUsd } = await chatOnce(gateway.url, gateway.adminKey, 'openai/priced');
    expect(costUsd).toBeNull();
  });

  it('removes a model from the public list at once', async () => {
    await api('POST', '/api/models', { ...kitModel, model_id: 'openai/leaving', upstream_model: 'leaving' });
    expect(await api('DELETE', '/api/models/openai/leaving')).toMatchObject({ status: 204, text: '' });
    expect(await publicIds()).not.toContain('openai/leaving');
    for (const method of ['GET', 'DELETE'] as const) {
      expect((await api(method, '/api/models/openai/leaving')).status).toBe(404);
    }
    expect((await api('PATCH', '/api/models/openai/leaving', {})).status).toBe(404);
  });

  it('gives pages by id', async () => {
    const first = await api('GET', '/api/models?limit=2&after=anthropic');
    expect(first.body).toMatchObject({
      data: [{ model_id: 'anthropic/large' }, { model_id: 'anthropic/small' }],
      has_more: true,
    });
    const rest = await api('GET', '/api/models?after=openai/zzz');
    expect(rest.body).toEqual({ data: [], has_more: false });
  });

  it.each([
    ['a connection that does not exist', { connection: 'nobody' }, 'connection', /"nobody" does not exist/],
    ['a dialect that the provider does not speak', { dialect: 'anthropic-messages' }, 'dialect', /openai-chat/],
    ['a price that is no decimal string', { pricing: { input: 1 } }, 'pricing.input', /must be a string/],
    ['a negative price', { pricing: { input: '-1' } }, 'pricing.input', /decimal string/],
    ['an unknown price', { pricing: { inputs: '1' } }, 'pricing.inputs', /not a known field/],
    ['an unknown capability', { capabilities: { fly: true } }, 'capabilities.fly', /not a known field/],
    ['a window of 0', { context_length: 0 }, 'context_length', /more than 0|at least 1/],
    ['a window beyond the column', { context_length: 2 ** 31 }, 'context_length', /at most 2147483647/],
    ['an id with a NUL', { model_id: 'openai/a\0b' }, 'model_id', /control characters/],
    ['a name with half a surrogate pair', { display_name: 'a\ud800' }, 'display_name', /well-formed/],
    ['an id with spaces', { model_id: 'openai/a b' }, 'model_id', /no spaces/],
  ])('refuses %s', async (_what, change, param, problem) => {
    const refused = await api<ErrorAnswer>('POST', '/api/models', { ...kitModel, model_id: 'openai/no', ...change });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_request', param } } });
    expect(refused.body.error.message).toMatch(problem);
  });

  it('refuses an id that is taken, by a model or an alias', async () => {
    expect((await api('POST', '/api/models', { ...kitModel, model_id: 'openai/small' })).status).toBe(409);
    await api('PUT', '/api/aliases/mine', { deployments: ['openai/small'] });
    expect((await api('POST', '/api/models', { ...kitModel, model_id: 'mine' })).status).toBe(409);
  });

  it('finds nothing behind names that cannot exist', async () => {
    for (const path of [
      '/api/models/%00',
      '/api/keys/%00',
      '/api/aliases/a%0Ab',
      '/api/providers/%00',
      '/api/requests/%00',
    ]) {
      expect(await api('GET', path)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    }
  });

  describe('/api/aliases', () => {
    it('routes an alias at once, and replaces it whole', async () => {
      const put = await api('PUT', '/api/aliases/fast', {
        strategy: 'weighted',
        deployments: ['openai/small', { model: 'anthropic/small', weight: 3 }],
      });
      const alias = {
        name: 'fast',
        strategy: 'weighted',
        deployments: [
          { model: 'openai/small', weight: 1 },
          { model: 'anthropic/small', weight: 3 },
        ],
      };
      expect(put).toMatchObject({ status: 200, body: alias });
      expect((await chatOnce(gateway.url, gateway.adminKey, 'fast')).status).toBe(200);
      await api('PUT', '/api/aliases/fast', { deployments: ['google/anything'] });
      expect((await api('GET', '/api/aliases/fast')).body).toMatchObject({
        strategy: 'priority',
        deployments: [{ model: 'google/anything' }],
      });
      expect((await api('GET', '/api/aliases?after=fast&limit=1')).status).toBe(200);
    });

    it('ends an alias at once', async () => {
      await api('PUT', '/api/aliases/brief', { deployments: ['openai/small'] });
      expect((await api('DELETE', '/api/aliases/brief')).status).toBe(204);
      expect(await chatOnce(gateway.url, gateway.adminKey, 'brief')).toMatchObject({
        status: 404,
        body: { error: { code: 'model_not_found' } },
      });
      expect((await api('DELETE', '/api/aliases/brief')).status).toBe(404);
    });

    it.each([
      ['a deployment that no connection has', 'x', { deployments: ['openai/small', 'groq/llama'] }, 'deployments.1'],
      ['a deployment that is an alias', 'x', { deployments: ['mine'] }, 'deployments.0'],
      ['no deployment', 'x', { deployments: [] }, 'deployments'],
      ['an unknown strategy', 'x', { strategy: 'luck', deployments: ['openai/small'] }, 'strategy'],
      ['a weight of 0', 'x', { deployments: [{ model: 'openai/small', weight: 0 }] }, 'deployments.0.weight'],
      ['a name with a slash', 'a%2Fb', { deployments: ['openai/small'] }, 'name'],
    ])('refuses %s', async (_what, name, body, param) => {
      const refused = await api('PUT', `/api/aliases/${name}`, body);
      expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_request', param } } });
    });

    it('refuses a name that is the id of a model', async () => {
      await api('POST', '/api/models', { ...kitModel, model_id: 'plain', upstream_model: 'plain' });
      expect(await api('PUT', '/api/aliases/plain', { deployments: ['openai/small'] })).toMatchObject({
        status: 409,
        body: { error: { code: 'conflict' } },
      });
    });
  });
});
