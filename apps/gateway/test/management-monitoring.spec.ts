import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { simulatorConnections } from './support/configuration.ts';
import { chatOnce, openManagement, type ManagementClient } from './support/management-client.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

type Step = { step: string; ok: boolean; duration_ms: number; detail?: string };
type TestResult = { ok: boolean; steps: Step[] };
type Report = { name: string; status: string; reason: string | null; circuit: string };

describe('/api/monitoring/providers', () => {
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

  const configure = (name: string, body: object) => api('POST', `/api/monitoring/providers/${name}/config`, body);
  const test = async (name: string) => (await api<TestResult>('POST', `/api/monitoring/providers/${name}/test`)).body;
  const report = async (name: string) =>
    (await api<{ data: Report[] }>('GET', '/api/monitoring/providers')).body.data.find((entry) => entry.name === name);
  const simulated = () => ({
    provider: 'openai-compatible',
    base_url: `${simulator.url}/openai/v1`,
    allow_private_network: true,
    credentials: [{ api_key: 'any-key-at-all' }],
  });

  it('creates a connection, then changes it', async () => {
    expect(await configure('made', simulated())).toMatchObject({
      status: 201,
      body: { name: 'made', status: 'active' },
    });
    expect(await configure('made', { enabled: false })).toMatchObject({
      status: 200,
      body: { base_url: `${simulator.url}/openai/v1`, status: 'disabled' },
    });
    expect(await report('made')).toMatchObject({ status: 'disabled', reason: 'it is switched off' });
    expect(await configure('made', { provider: 'openai' })).toMatchObject({ status: 400 });
    expect(await configure('unheard-of', { base_url: simulated().base_url })).toMatchObject({
      status: 400,
      body: { error: { param: 'provider' } },
    });
  });

  it.each(['openai', 'anthropic', 'google'])('tests every step of a connection to %s', async (name) => {
    const result = await test(name);
    expect(result).toMatchObject({ ok: true });
    expect(result.steps.map(({ step, ok }) => [step, ok])).toEqual([
      ['dns', true],
      ['tls', true],
      ['auth', true],
      ['models', true],
      ['call', true],
    ]);
    expect(result.steps.every(({ duration_ms: durationMs }) => durationMs >= 0)).toBe(true);
    expect(result.steps.at(-1)?.detail).toBe(`${name}/large answered`);
    const { ok, steps } = result;
    expect(await report(name)).toMatchObject({ status: 'active', last_check: { ok, steps } });
  });

  it('tries the cheapest model that is known and switched on', async () => {
    await configure('choosy', simulated());
    const models = [
      ['dear', '9', true],
      ['cheap', '1.5', true],
      ['cheaper-but-off', '1', false],
    ] as const;
    await api('POST', '/api/models', { model_id: 'choosy/any', connection: 'choosy', upstream_model: 'any' });
    for (const [name, output, isAvailable] of models) {
      await api('POST', '/api/models', {
        model_id: `choosy/${name}`,
        connection: 'choosy',
        upstream_model: name,
        pricing: { input: '0', output },
        is_available: isAvailable,
      });
    }
    expect((await test('choosy')).steps.at(-1)).toMatchObject({ ok: true, detail: 'choosy/cheap answered' });
  });

  it('tries one that the provider lists where the table has none', async () => {
    await configure('tableless', simulated());
    expect((await test('tableless')).steps.at(-1)).toMatchObject({ ok: true, detail: 'tableless/small answered' });
    await configure('tableless', { options: { passthrough_models: false } });
    expect((await test('tableless')).steps.at(-1)).toMatchObject({ ok: false, detail: 'there is no model to try' });
  });

  it('accounts for the call that a test makes', async () => {
    await test('openai');
    const { body } = await api('GET', '/api/requests?limit=1');
    expect(body).toMatchObject({
      data: [
        {
          route: '/api/monitoring/providers/:name/test',
          model: 'openai/large',
          key: 'key_environment',
          outcome: 'success',
        },
      ],
    });
  });

  it('says that the key is refused, until a test finds it mended', async () => {
    await configure('refused', { ...simulated(), credentials: [{ api_key: 'sk-simulator-bad' }] });
    const result = await test('refused');
    expect(result.steps.at(-1)).toMatchObject({ step: 'auth', ok: false, detail: expect.stringContaining('HTTP 401') });
    expect(JSON.stringify(result)).not.toContain('sk-simulator-bad');
    expect(await report('refused')).toMatchObject({ status: 'failing', reason: expect.stringContaining('"auth"') });
    await configure('refused', { credentials: [{ api_key: 'good' }] });
    expect(await report('refused')).toMatchObject({ status: 'active', last_check: null });
    expect(await test('refused')).toMatchObject({ ok: true });
  });

  it('says that nothing listens at the address', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await configure('silent', { ...simulated(), base_url: `http://127.0.0.1:${port}/v1` });
    expect((await test('silent')).steps).toMatchObject([
      { step: 'dns', ok: true },
      { step: 'tls', ok: false, detail: 'ECONNREFUSED' },
    ]);
  });

  it('says that a name does not exist, and that a private one is not allowed', async () => {
    await configure('nameless', { ...simulated(), base_url: 'https://parley.invalid/v1' });
    expect((await test('nameless')).steps).toMatchObject([{ step: 'dns', ok: false }]);
    await gateway.runtime.stores.connections.create({
      name: 'inside',
      provider: 'openai-compatible',
      source: 'admin',
      apiKeys: [],
      baseUrl: `${simulator.url}/openai/v1`,
    });
    await gateway.runtime.configuration.reload();
    expect((await test('inside')).steps).toMatchObject([
      { step: 'dns', ok: false, detail: expect.stringContaining('address_not_allowed') },
    ]);
    expect(await api('GET', '/api/monitoring/providers/inside/models')).toMatchObject({
      status: 403,
      body: { error: { code: 'address_not_allowed' } },
    });
  });

  it('counts what calls met, and starts anew after a reset', async () => {
    await configure('shaky', { ...simulated(), options: { passthrough_models: true } });
    await chatOnce(gateway.url, gateway.adminKey, 'shaky/small');
    expect(await report('shaky')).toMatchObject({
      status: 'active',
      circuit: 'closed',
      attempts: 1,
      error_rate: 0,
      latency_ms: { p50: expect.any(Number), p95: expect.any(Number) },
    });
    for (let count = 0; count < 6; count += 1) {
      await chatOnce(gateway.url, gateway.adminKey, 'shaky/small', '[[sim:error 401]] Hi');
    }
    expect(await report('shaky')).toMatchObject({ status: 'failing', circuit: 'closed', attempts: 7 });
    const reset = await api('POST', '/api/monitoring/providers/shaky/reset');
    const anew = { status: 'active', attempts: null, error_rate: null, latency_ms: null, last_check: null };
    expect(reset).toMatchObject({ status: 200, body: anew });
    expect(await report('shaky')).toMatchObject(anew);
  });

  it('closes the circuits of a connection on a reset', async () => {
    await configure('broken', simulated());
    const deployment = { id: 'broken/small', connection: 'broken', provider: { id: 'openai-compatible' } };
    for (let count = 0; count < 20; count += 1) gateway.runtime.circuits.record(deployment, false);
    expect(await report('broken')).toMatchObject({ status: 'failing', circuit: 'open' });
    expect((await chatOnce(gateway.url, gateway.adminKey, 'broken/small')).status).toBe(503);
    await api('POST', '/api/monitoring/providers/broken/reset');
    expect(await report('broken')).toMatchObject({ status: 'active', circuit: 'closed' });
    expect((await chatOnce(gateway.url, gateway.adminKey, 'broken/small')).status).toBe(200);
  });

  it('lists the models that the provider has, and remembers them', async () => {
    const listed = await api<{ fetched_at: string }>('GET', '/api/monitoring/providers/google/models');
    expect(listed).toMatchObject({
      status: 200,
      body: { data: [{ id: 'small', context_length: 1_048_576 }, { id: 'large' }], has_more: false },
    });
    const again = await api<{ fetched_at: string }>('GET', '/api/monitoring/providers/google/models');
    expect(again.body.fetched_at).toBe(listed.body.fetched_at);
    const anew = await api<{ fetched_at: string }>('GET', '/api/monitoring/providers/google/models?refresh=1');
    expect(anew.body.fetched_at > listed.body.fetched_at).toBe(true);
  });

  it('knows nothing of connections that do not exist', async () => {
    for (const [method, action] of [
      ['POST', 'test'],
      ['POST', 'reset'],
      ['GET', 'models'],
    ] as const) {
      expect((await api(method, `/api/monitoring/providers/nobody/${action}`)).status).toBe(404);
    }
  });
});
