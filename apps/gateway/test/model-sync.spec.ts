import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { addConnection } from './support/configuration.ts';
import { chatOnce, openManagement, type ErrorAnswer, type ManagementClient } from './support/management-client.ts';
import { eventually } from './support/stream-client.ts';
import { startTestGateway, startTwin, type TestGateway } from './support/test-gateway.ts';
import { chatCompletion, sendJson, startUpstream, type Upstream } from './support/upstream.ts';

type Change = { model_id: string; field: string; from: unknown; to: unknown };
type Sync = {
  connection: string;
  added: string[];
  changed: Change[];
  missing: string[];
  unchanged: number;
  error: { code: string; message: string; provider: string; request_id: string } | null;
};
type SyncAnswer = { preview: boolean; data: Sync[]; has_more: boolean };
type Row = Record<string, unknown> & {
  price_history: { version: number; pricing: unknown; source: string; valid_from: string }[];
};

const NOTHING = { added: [], changed: [], missing: [], error: null };

describe('syncing the table of models', () => {
  let upstream: Upstream;
  let gateway: TestGateway;
  let twin: TestGateway;
  let api: ManagementClient;
  /** What the provider lists. */
  let list: Record<string, unknown>[];

  beforeAll(async () => {
    upstream = await startUpstream((request, response) => {
      const body = request.path.endsWith('/models') ? { object: 'list', data: list } : chatCompletion('fine');
      return sendJson(body)(request, response);
    });
    gateway = await startTestGateway();
    twin = await startTwin(gateway);
    api = openManagement(gateway);
  });
  afterAll(async () => {
    await twin?.close();
    await gateway?.close();
    await upstream?.close();
  });

  let connection: string;
  let count = 0;
  beforeEach(async () => {
    list = [{ id: 'one', name: 'One', context_length: 1000 }, { id: 'two' }];
    count += 1;
    connection = `list-${count}`;
    const baseUrl = `${upstream.url}/v1`;
    await addConnection(gateway.runtime, { name: connection, provider: 'openai-compatible', baseUrl });
    await gateway.runtime.configuration.reload();
  });

  const post = async (query = ''): Promise<Sync> => {
    const answer = await api<SyncAnswer>('POST', `/api/models/sync${query}`, { connection });
    expect(answer).toMatchObject({ status: 200, body: { preview: query !== '', has_more: false } });
    expect(answer.body.data).toHaveLength(1);
    return answer.body.data[0]!;
  };
  const read = async (name: string): Promise<Row> => (await api<Row>('GET', `/api/models/${connection}/${name}`)).body;
  const id = (name: string): string => `${connection}/${name}`;
  const call = (name: string, { url, adminKey } = gateway) => chatOnce(url, adminKey, id(name));

  it('adds what the provider lists, shows the difference first, and finds nothing to do then', async () => {
    const added = { ...NOTHING, connection, added: [id('one'), id('two')], unchanged: 0 };
    expect(await post('?preview=1')).toEqual(added);
    expect((await api('GET', `/api/models/${id('one')}`)).status).toBe(404);
    expect(await post()).toEqual(added);
    expect(await read('one')).toMatchObject({
      display_name: 'One',
      context_length: 1000,
      pricing: null,
      price_version: null,
      is_available: true,
      unavailable_reason: null,
      source: 'provider',
      field_sources: { display_name: 'provider', context_length: 'provider', is_available: 'provider' },
      price_history: [],
    });
    expect(await post()).toEqual({ ...NOTHING, connection, unchanged: 2 });
    expect((await call('two')).status).toBe(200);
  });

  it('takes over what the provider changes, and leaves alone what an administrator said', async () => {
    await post();
    await api('PATCH', `/api/models/${id('one')}`, { context_length: 500 });
    list = [{ id: 'one', name: 'Uno', context_length: 2000 }, { id: 'two' }];
    const changed = [{ model_id: id('one'), field: 'display_name', from: 'One', to: 'Uno' }];
    expect(await post('?preview=1')).toEqual({ ...NOTHING, connection, changed, unchanged: 1 });
    expect(await post()).toEqual({ ...NOTHING, connection, changed, unchanged: 1 });
    expect(await read('one')).toMatchObject({ display_name: 'Uno', context_length: 500 });
    // Taken back, the field is the provider's again.
    await api('PATCH', `/api/models/${id('one')}`, { context_length: null });
    expect(await read('one')).toMatchObject({ context_length: null });
    expect((await post()).changed).toEqual([{ model_id: id('one'), field: 'context_length', from: null, to: 2000 }]);
  });

  it('refuses a model that the provider stops to list, says why, and takes it back when it is listed again', async () => {
    await post();
    list = [{ id: 'two' }];
    const gone = { model_id: id('one'), field: 'is_available', from: true, to: false };
    const sync = { ...NOTHING, connection, changed: [gone], missing: [id('one')], unchanged: 1 };
    expect(await post('?preview=1')).toEqual(sync);
    expect(await post()).toEqual(sync);
    expect(await read('one')).toMatchObject({
      is_available: false,
      unavailable_reason: expect.stringMatching(/^its provider has not listed it since \d{4}-/),
    });
    const refused = await call('one');
    expect(refused).toMatchObject({ status: 404, body: { error: { code: 'model_unavailable' } } });
    expect((refused.body as ErrorAnswer).error.message).toContain('no longer lists it');
    const listed = await api<{ data: { id: string; is_available: boolean }[] }>('GET', '/v1/models');
    expect(listed.body.data.find((model) => model.id === id('one'))).toMatchObject({ is_available: false });
    expect(await post()).toEqual({ ...NOTHING, connection, missing: [id('one')], unchanged: 1 });

    list = [{ id: 'one' }, { id: 'two' }];
    expect((await post()).changed).toEqual([{ ...gone, from: false, to: true }]);
    expect((await call('one')).status).toBe(200);
  });

  it("lets an administrator's word on availability stand, until it is taken back", async () => {
    await post();
    await api('PATCH', `/api/models/${id('one')}`, { is_available: true });
    await api('PATCH', `/api/models/${id('two')}`, { is_available: false });
    list = [{ id: 'two' }];
    expect(await post()).toMatchObject({ changed: [], missing: [id('one')] });
    expect((await call('one')).status).toBe(200);
    expect((await call('two')).status).toBe(404);
    expect(await read('two')).toMatchObject({ unavailable_reason: 'an administrator switched it off' });
    await api('PATCH', `/api/models/${id('one')}`, { is_available: null });
    await api('PATCH', `/api/models/${id('two')}`, { is_available: null });
    expect((await call('one')).status).toBe(404);
    expect((await call('two')).status).toBe(200);
  });

  it('keeps every price as a version, and each usage row names the one that made its cost', async () => {
    await post();
    const costs: unknown[] = [];
    for (const pricing of [{ input: '1', output: '2' }, { input: '1', output: '4' }, null]) {
      await api('PATCH', `/api/models/${id('one')}`, { pricing });
      const { requestId, costUsd } = await call('one');
      const find = () => api<{ price_version: number | null }>('GET', `/api/requests/${requestId}`);
      await eventually('the request is in the ledger', async () => (await find()).status === 200);
      costs.push([costUsd, (await find()).body.price_version]);
    }
    expect(costs).toEqual([
      ['0.00002', 1],
      ['0.00003', 2],
      [null, null],
    ]);
    const { price_history: history } = await read('one');
    expect(history).toMatchObject([
      { version: 3, pricing: null, source: null },
      { version: 2, pricing: { input: '1', output: '4' }, source: 'admin' },
      { version: 1, pricing: { input: '1', output: '2' }, source: 'admin' },
    ]);
    const times = history.map((price) => Date.parse(price.valid_from));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    // The same word again is no new price.
    await api('PATCH', `/api/models/${id('one')}`, { pricing: null, display_name: 'Same' });
    expect((await read('one')).price_history).toHaveLength(3);
  });

  it('is heard by another gateway on the same database', async () => {
    const isAvailable = () => twin.runtime.configuration.current.models.get(id('one'))?.isAvailable;
    await post();
    await eventually('the other gateway knows the model', () => isAvailable() === true);
    expect((await call('one', twin)).status).toBe(200);
    list = [{ id: 'two' }];
    await post();
    await eventually('the other gateway has given the model up', () => isAvailable() === false);
    expect((await call('one', twin)).status).toBe(404);
  });

  it('tells of a provider that cannot be asked, and goes on with the others', async () => {
    await post();
    const broken = `${connection}-broken`;
    await addConnection(gateway.runtime, {
      name: broken,
      provider: 'openai-compatible',
      baseUrl: 'http://127.0.0.1:1',
    });
    await gateway.runtime.configuration.reload();
    list.push({ id: 'three' });
    const { status, body } = await api<SyncAnswer>('POST', '/api/models/sync');
    expect(status).toBe(200);
    expect(body.data.find((sync) => sync.connection === connection)?.added).toEqual([id('three')]);
    expect(body.data.find((sync) => sync.connection === broken)).toEqual({
      ...NOTHING,
      connection: broken,
      unchanged: 0,
      error: expect.objectContaining({
        code: 'provider_unreachable',
        provider: broken,
        message: expect.any(String),
        request_id: expect.any(String),
      }),
    });
    const { body: monitored } = await api<{ data: { name: string; last_sync: unknown }[] }>(
      'GET',
      '/api/monitoring/providers',
    );
    const lastSync = (name: string) => monitored.data.find((entry) => entry.name === name)?.last_sync;
    expect(lastSync(broken)).toEqual({ synced_at: expect.any(String), error_code: 'provider_unreachable' });
    expect(lastSync(connection)).toEqual({ synced_at: expect.any(String), error_code: null });
  });

  it('never takes an empty list, or an answer that is none, for the end of all models', async () => {
    await post();
    list = [];
    expect(await post()).toMatchObject({ changed: [], missing: [], unchanged: 2 });
    const { script } = upstream;
    upstream.script = sendJson({ object: 'error' });
    const failed = await post();
    upstream.script = script;
    expect(failed).toMatchObject({ changed: [], missing: [], error: { code: 'provider_bad_answer' } });
    expect(await read('one')).toMatchObject({ is_available: true });
  });

  it('refreshes the live list that is remembered for an hour', async () => {
    const path = `/api/monitoring/providers/${connection}/models`;
    const live = async () => (await api<{ data: { id: string }[] }>('GET', path)).body.data.map((model) => model.id);
    expect(await live()).toEqual(['one', 'two']);
    list.push({ id: 'three' });
    expect(await live()).toEqual(['one', 'two']);
    await post('?preview=1');
    expect(await live()).toEqual(['one', 'two', 'three']);
  });

  it.each([
    ['a connection that does not exist', { connection: 'nowhere' }, 'connection'],
    ['a name that can be none', { connection: 'No Name' }, 'connection'],
    ['a field that it does not know', { connections: [] }, 'connections'],
    ['another preview than 0 or 1', undefined, 'preview'],
  ])('refuses %s', async (_what, body, param) => {
    const path = `/api/models/sync${param === 'preview' ? '?preview=yes' : ''}`;
    expect(await api('POST', path, body)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', param } },
    });
  });

  it('refuses a connection that is switched off', async () => {
    await api('PATCH', `/api/providers/${connection}`, { enabled: false });
    expect(await api('POST', '/api/models/sync', { connection })).toMatchObject({
      status: 400,
      body: { error: { param: 'connection', message: expect.stringContaining('switched off') } },
    });
  });

  it('is described with its answer', async () => {
    type Operation = { responses: Record<string, { content: Record<string, { schema: { properties: object } }> }> };
    const { body } = await api<{ paths: Record<string, { post: Operation }> }>('GET', '/api/docs');
    const { schema } = body.paths['/api/models/sync']!.post.responses['200']!.content['application/json']!;
    expect(Object.keys(schema.properties)).toEqual(['preview', 'data', 'has_more']);
    expect(JSON.stringify(schema)).toContain('"model_id"');
  });
});
