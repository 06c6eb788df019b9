import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openManagement, type ErrorAnswer, type ManagementClient } from './support/management-client.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

type Provider = { name: string; credentials: { id: string; last4: string }[]; updated_at: string };
type List = { data: { name: string; model_id: string }[]; has_more: boolean };

describe('/api/providers', () => {
  let gateway: TestGateway;
  let api: ManagementClient;

  beforeAll(async () => {
    gateway = await startTestGateway();
    api = openManagement(gateway);
  });
  afterAll(() => gateway.close());

  const local = { provider: 'openai-compatible', base_url: 'http://127.0.0.1:9/v1', allow_private_network: true };

  it('creates a connection and shows of its key the last four characters only', async () => {
    const created = await api('POST', '/api/providers', {
      ...local,
      name: 'first',
      credentials: [{ api_key: 'a-provider-key-1234' }, { api_key: 'short' }],
    });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      name: 'first',
      provider: 'openai-compatible',
      base_url: 'http://127.0.0.1:9/v1',
      credentials: [
        { id: expect.any(String), last4: '1234' },
        { id: expect.any(String), last4: '' },
      ],
      enabled: true,
      allow_private_network: true,
      options: { passthrough_models: true },
      status: 'active',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      updated_at: expect.any(String),
    });
    expect((await api('GET', '/api/providers/first')).body).toEqual(created.body);
  });

  it('lists by name, a page at a time', async () => {
    for (const name of ['page-b', 'page-a']) await api('POST', '/api/providers', { ...local, name });
    const first = await api<List>('GET', '/api/providers?limit=1&after=first');
    expect(first.body).toMatchObject({ data: [{ name: 'page-a' }], has_more: true });
    const second = await api<List>('GET', '/api/providers?limit=1&after=page-a');
    expect(second.body).toMatchObject({ data: [{ name: 'page-b' }], has_more: false });
    expect(await api('GET', '/api/providers?after=nobody')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', param: 'after' } },
    });
  });

  it('fills the table of models from the catalog when the connection goes to the vendor itself', async () => {
    const created = await api('POST', '/api/providers', {
      name: 'vendor',
      provider: 'anthropic',
      credentials: [{ api_key: 'any' }],
    });
    expect(created.body).toMatchObject({ base_url: null, options: { passthrough_models: false } });
    const models = await api<List>('GET', '/api/models?after=vendor&limit=1000');
    expect(models.body.data.length).toBeGreaterThan(3);
    expect(models.body.data.every(({ model_id: id }) => id.startsWith('vendor/claude-'))).toBe(true);
  });

  it('changes what is given and nothing else', async () => {
    await api('POST', '/api/providers', { ...local, name: 'changing', credentials: [{ api_key: 'the-old-key-0001' }] });
    const changed = await api<Provider>('PATCH', '/api/providers/changing', {
      enabled: false,
      options: { passthrough_models: false },
    });
    expect(changed).toMatchObject({
      status: 200,
      body: { enabled: false, status: 'disabled', base_url: local.base_url, credentials: [{ last4: '0001' }] },
    });
    const replaced = await api('PATCH', '/api/providers/changing', { credentials: [{ api_key: 'the-new-key-0002' }] });
    expect(replaced.body).toMatchObject({
      credentials: [{ last4: '0002' }],
      enabled: false,
      options: { passthrough_models: false },
    });
  });

  it('removes a connection with its models', async () => {
    await api('POST', '/api/providers', { ...local, name: 'leaving' });
    await api('POST', '/api/models', { model_id: 'leaving/m', connection: 'leaving', upstream_model: 'm' });
    expect(await api('DELETE', '/api/providers/leaving')).toMatchObject({ status: 204, text: '' });
    for (const path of ['/api/providers/leaving', '/api/models/leaving/m']) {
      expect(await api('GET', path)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    }
    expect((await api('DELETE', '/api/providers/leaving')).status).toBe(404);
  });

  it('says that a connection without the key it needs is not configured', async () => {
    await gateway.runtime.stores.connections.create({ name: 'bare', provider: 'openai', source: 'admin', apiKeys: [] });
    await gateway.runtime.configuration.reload();
    expect((await api('GET', '/api/providers/bare')).body).toMatchObject({ status: 'not_configured' });
  });

  const withKey = { credentials: [{ api_key: 'any' }] };
  it.each([
    ['an unknown provider', { provider: 'opnai', ...withKey }, 'provider', /must be one of: openai, anthropic/],
    ['no address where the provider has none', { provider: 'openai-compatible' }, 'base_url', /is required/],
    ['no key where the provider needs one', { provider: 'openai' }, 'credentials', /at least one key/],
    ['a key with a line break', { ...local, credentials: [{ api_key: 'a\r\nb' }] }, 'credentials.0.api_key', /ASCII/],
    ['an address that is no URL', { ...local, base_url: 'localhost' }, 'base_url', /must be a URL/],
    ['another protocol', { ...local, base_url: 'file:///etc/passwd' }, 'base_url', /must be a URL/],
    ['an address with a password', { ...local, base_url: 'http://u:p@127.0.0.1/' }, 'base_url', /no password/],
    ['an address with a query', { ...local, base_url: 'http://127.0.0.1/?key=1' }, 'base_url', /no query/],
    ['an unknown field', { ...local, base_uri: 'x' }, 'base_uri', /not a known field/],
    ['an unknown option', { ...local, options: { cache: 1 } }, 'options.cache', /not a known field/],
    ['a wrong type', { ...local, enabled: 'yes' }, 'enabled', /must be true or false/],
    ['a bad name', { ...local, name: 'Big Name' }, 'name', /lower-case/],
    ['a missing field', { base_url: local.base_url }, 'provider', /is required/],
  ])('refuses %s', async (_what, body, param, problem) => {
    const refused = await api<ErrorAnswer>('POST', '/api/providers', { name: 'refused', ...body });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_request', param } } });
    expect(refused.body.error.message).toMatch(problem);
    expect((await api('GET', '/api/providers/refused')).status).toBe(404);
  });

  it.each([
    'http://10.0.0.1/v1',
    'http://localhost:11434',
    'http://[::1]/v1',
    'http://169.254.169.254/latest',
    'http://2130706433/',
  ])('refuses the private address %s unless it is allowed', async (address) => {
    const refused = await api('POST', '/api/providers', {
      name: 'inside',
      provider: 'openai-compatible',
      base_url: address,
    });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'address_not_allowed', param: 'base_url' } } });
  });

  it('does not let a change lead to a private address either', async () => {
    await api('POST', '/api/providers', { ...local, name: 'turning' });
    expect(await api('PATCH', '/api/providers/turning', { allow_private_network: false })).toMatchObject({
      status: 403,
      body: { error: { code: 'address_not_allowed' } },
    });
    expect((await api('GET', '/api/providers/turning')).body).toMatchObject({ allow_private_network: true });
  });

  it('refuses a name that is taken, and a change of the provider', async () => {
    await api('POST', '/api/providers', { ...local, name: 'taken' });
    expect(await api('POST', '/api/providers', { ...local, name: 'taken' })).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', param: 'name' } },
    });
    expect(await api('PATCH', '/api/providers/taken', { provider: 'openai' })).toMatchObject({ status: 400 });
  });
});
