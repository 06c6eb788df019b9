import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addAlias, addKey, simulatorConnections } from './support/configuration.ts';
import { chatOnce, openManagement, type ManagementClient } from './support/management-client.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

type Requests = { data: { id: string }[]; has_more: boolean };

describe('usage', () => {
  let simulator: SimulatorProcess;
  let gateway: TestGateway;
  let api: ManagementClient;
  let ann: { id: string; secret: string };
  let bob: { id: string; secret: string };

  beforeAll(async () => {
    simulator = await startSimulatorProcess();
    gateway = await startTestGateway({ connections: simulatorConnections(simulator.url) });
    api = openManagement(gateway);
    ann = await addKey(gateway.runtime, { project: 'apollo' });
    bob = await addKey(gateway.runtime);
    // At 1 and 2 dollars per million tokens.
    await chatOnce(gateway.url, ann.secret, 'openai/small', '[[sim:usage 1000 100 400]] Hi');
    await chatOnce(gateway.url, ann.secret, 'openai/small', '[[sim:usage 1000 100]] Hi');
    await chatOnce(gateway.url, ann.secret, 'anthropic/small', '[[sim:usage 10 10]] Hi');
    await chatOnce(gateway.url, bob.secret, 'openai/unpriced', '[[sim:usage 5 5]] Hi');
  });
  afterAll(async () => {
    await gateway.close();
    await simulator.close();
  });

  it('is summed up by any groups, with exact costs, as soon as a call has been answered', async () => {
    const { status, body } = await api('GET', '/api/usage?group_by=model,key');
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [
        {
          model: 'anthropic/small',
          key: ann.id,
          requests: 1,
          attempts: 1,
          input_tokens: 10,
          cached_input_tokens: 0,
          cache_write_tokens: 0,
          output_tokens: 10,
          reasoning_tokens: 0,
          cost_usd: '0.00003',
          unpriced_requests: 0,
        },
        expect.objectContaining({
          model: 'openai/small',
          key: ann.id,
          requests: 2,
          input_tokens: 2000,
          cached_input_tokens: 400,
          output_tokens: 200,
          // 1600 + 200 x 2 at full price, 400 at a tenth.
          cost_usd: '0.00204',
        }),
        expect.objectContaining({ model: 'openai/unpriced', key: bob.id, cost_usd: null, unpriced_requests: 1 }),
      ],
      has_more: false,
    });
  });

  it('can be narrowed to a key and a time', async () => {
    const of = async (query: string) =>
      (await api<{ data: { requests: number }[] }>('GET', `/api/usage?${query}`)).body.data;
    expect(await of(`key=${ann.id}`)).toMatchObject([{ requests: 3, cost_usd: '0.00207' }]);
    expect(await of(`key=${ann.id}&to=2020-01-01T00:00:00Z`)).toMatchObject([{ requests: 0, cost_usd: null }]);
    expect(await of('group_by=project&from=2020-01-01T00:00:00Z')).toMatchObject([
      { project: 'apollo', requests: 3 },
      { project: null, requests: 1 },
    ]);
    expect(await of('group_by=day')).toMatchObject([{ day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), requests: 4 }]);
  });

  it('is shown to each key as its own', async () => {
    const own = openManagement(gateway, bob.secret);
    expect(await own('GET', '/api/me/usage?group_by=key,model')).toMatchObject({
      status: 200,
      body: { data: [{ key: bob.id, model: 'openai/unpriced', requests: 1 }] },
    });
    expect(await own('GET', `/api/me/usage?key=${ann.id}`)).toMatchObject({ status: 400 });
    expect(await own('GET', '/api/usage')).toMatchObject({ status: 403 });
  });

  it.each([
    ['usage?group_by=colour', 'group_by'],
    ['usage?group_by=', 'group_by'],
    ['usage?from=yesterday', 'from'],
    ['usage?from=2026-02-30T00:00:00Z', 'from'],
    ['usage?from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z', 'from'],
    ['usage?key=%00', 'key'],
    ['usage?groupby=model', 'groupby'],
    ['usage?group_by=model&group_by=key', 'group_by'],
    ['requests?limit=0', 'limit'],
    ['requests?limit=1001', 'limit'],
    ['requests?limit=1e2', 'limit'],
    ['me/usage?from=1', 'from'],
  ])('refuses %s', async (path, param) => {
    const refused = await api('GET', `/api/${path}`);
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_request', param } } });
  });

  describe('/api/requests', () => {
    it('shows a request with every attempt behind it', async () => {
      await addAlias(gateway.runtime, 'safe', ['openai/missing-model', 'anthropic/small']);
      const call = await chatOnce(gateway.url, bob.secret, 'safe', '[[sim:usage 10 10]] Hi');
      const { status, body } = await api('GET', `/api/requests/${call.requestId}`);
      expect(call.status).toBe(200);
      expect(status).toBe(200);
      expect(body).toEqual({
        id: call.requestId,
        finished_at: expect.any(String),
        key: bob.id,
        project: null,
        mode: 'live',
        route: '/v1/chat/completions',
        model: 'anthropic/small',
        connection: 'anthropic',
        provider: 'anthropic',
        upstream_model: 'small',
        outcome: 'success',
        status: 200,
        error_code: null,
        input_tokens: 10,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: 10,
        reasoning_tokens: 0,
        estimated: false,
        price_version: 1,
        cost_usd: '0.00003',
        ttft_ms: null,
        duration_ms: expect.any(Number),
        batch_id: null,
        attempts: [
          {
            deployment: 'openai/missing-model',
            provider: 'openai',
            outcome: expect.any(String),
            status: 404,
            started_at: expect.any(String),
            ttft_ms: null,
            duration_ms: expect.any(Number),
            usage: null,
            cost_usd: null,
            error_code: 'model_not_found',
          },
          {
            deployment: 'anthropic/small',
            provider: 'anthropic',
            outcome: 'success',
            status: 200,
            started_at: expect.any(String),
            ttft_ms: null,
            duration_ms: expect.any(Number),
            usage: {
              input_tokens: 10,
              cached_input_tokens: 0,
              cache_write_tokens: 0,
              output_tokens: 10,
              reasoning_tokens: 0,
            },
            cost_usd: '0.00003',
            error_code: null,
          },
        ],
      });
    });

    it('gives pages, the newest first', async () => {
      const ids: string[] = [];
      let after = '';
      for (;;) {
        const { body } = await api<Requests>('GET', `/api/requests?key=${ann.id}&limit=2${after}`);
        ids.push(...body.data.map(({ id }) => id));
        if (!body.has_more) break;
        after = `&after=${ids.at(-1)}`;
      }
      expect(ids).toHaveLength(3);
      expect(ids).toEqual([...ids].sort().reverse());
    });

    it('says that there is no such request', async () => {
      expect(await api('GET', '/api/requests/req_none')).toMatchObject({
        status: 404,
        body: { error: { code: 'not_found' } },
      });
    });
  });
});
