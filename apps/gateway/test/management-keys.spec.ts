import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulatorConnections } from './support/configuration.ts';
import { chatOnce, openManagement, type ErrorAnswer, type ManagementClient } from './support/management-client.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

type Key = { id: string; key: string; last4: string };

describe('/api/keys', () => {
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

  const chat = (secret: string, model = 'openai/small') => chatOnce(gateway.url, secret, model);
  const addKey = async (fields: object = {}): Promise<Key> =>
    (await api<Key>('POST', '/api/keys', { name: 'team', ...fields })).body;

  it('creates a key that works at once, and never shows it again', async () => {
    const created = await api<Key>('POST', '/api/keys', {
      name: 'team a',
      role: 'member',
      models: ['openai/*'],
      rpm: 60,
      tpm: null,
      max_parallel: null,
      budgets: [],
      expires_at: '2099-01-01T01:00:00+01:00',
      locale: 'uk',
      tags: ['a'],
      project: 'apollo',
    });
    const { key, ...shown } = created.body;
    expect(created.status).toBe(201);
    expect(created.headers.get('cache-control')).toBe('no-store');
    expect(key).toMatch(/^sk-parley-[\w-]{43}$/);
    expect(shown).toEqual({
      id: expect.stringMatching(/^key_/),
      name: 'team a',
      role: 'member',
      last4: key.slice(-4),
      models: ['openai/*'],
      rpm: 60,
      tpm: null,
      max_parallel: null,
      budgets: [],
      expires_at: '2099-01-01T00:00:00.000Z',
      locale: 'uk',
      tags: ['a'],
      project: 'apollo',
      created_at: expect.any(String),
      updated_at: expect.any(String),
      rotated_at: null,
    });
    expect((await chat(key)).status).toBe(200);
    expect(await chat(key, 'anthropic/small')).toMatchObject({
      status: 403,
      body: { error: { code: 'model_not_allowed' } },
    });
    expect((await api('GET', `/api/keys/${shown.id}`)).body).toEqual(shown);
    expect((await api('GET', '/api/keys')).text).not.toContain(key);
  });

  it('enforces a limit as soon as it is set', async () => {
    const { id, key } = await addKey();
    expect((await chat(key)).status).toBe(200);
    expect((await api('PATCH', `/api/keys/${id}`, { rpm: 1 })).body).toMatchObject({ rpm: 1, name: 'team' });
    await chat(key);
    expect(await chat(key)).toMatchObject({ status: 429, body: { error: { code: 'rate_limit_exceeded' } } });
    await api('PATCH', `/api/keys/${id}`, { rpm: null });
    expect((await chat(key)).status).toBe(200);
  });

  it('gives a key a new secret, which ends the old one at once', async () => {
    const { id, key } = await addKey();
    const rotated = await api<Key>('POST', `/api/keys/${id}/rotate`);
    expect(rotated).toMatchObject({ status: 200, body: { id, rotated_at: expect.any(String) } });
    expect(rotated.body.key).not.toBe(key);
    expect((await chat(key)).status).toBe(401);
    expect((await chat(rotated.body.key)).status).toBe(200);
  });

  it('ends a key at once when it is deleted, and when it has expired', async () => {
    const [deleted, expired] = [await addKey(), await addKey()];
    expect(await api('DELETE', `/api/keys/${deleted.id}`)).toMatchObject({ status: 204, text: '' });
    await api('PATCH', `/api/keys/${expired.id}`, { expires_at: '2020-01-01T00:00:00Z' });
    for (const { key } of [deleted, expired]) expect((await chat(key)).status).toBe(401);
    expect((await api('DELETE', `/api/keys/${deleted.id}`)).status).toBe(404);
    expect((await api('POST', `/api/keys/${deleted.id}/rotate`)).status).toBe(404);
  });

  it('promotes and demotes at once', async () => {
    const { id, key } = await addKey();
    const own = openManagement(gateway, key);
    expect(await own('GET', '/api/keys')).toMatchObject({ status: 403, body: { error: { code: 'admin_required' } } });
    await api('PATCH', `/api/keys/${id}`, { role: 'admin' });
    expect((await own('GET', '/api/keys')).status).toBe(200);
    expect((await own('PATCH', `/api/keys/${id}`, { role: 'member' })).status).toBe(200);
    expect((await own('GET', '/api/keys')).status).toBe(403);
  });

  it('keeps the last admin key, whoever asks and however', async () => {
    const last = { status: 409, body: { error: { code: 'conflict' } } };
    expect(await api('DELETE', '/api/keys/key_environment')).toMatchObject(last);
    expect(await api('PATCH', '/api/keys/key_environment', { role: 'member' })).toMatchObject(last);
    expect(await api('PATCH', '/api/keys/key_environment', { expires_at: '2020-01-01T00:00:00Z' })).toMatchObject(last);
    const expired = await addKey({ role: 'admin', expires_at: '2020-01-01T00:00:00Z' });
    expect(await api('DELETE', '/api/keys/key_environment')).toMatchObject(last);
    expect((await api('DELETE', `/api/keys/${expired.id}`)).status).toBe(204);
  });

  it('keeps one of two admin keys that are deleted at the same time', async () => {
    const second = await addKey({ role: 'admin' });
    const third = await addKey({ role: 'admin' });
    await api('PATCH', '/api/keys/key_environment', { role: 'member' });
    const own = openManagement(gateway, third.key);
    const answers = await Promise.all([second, third].map(({ id }) => own('DELETE', `/api/keys/${id}`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204, 409]));
    const admins = (await gateway.runtime.stores.keys.list()).filter(({ role }) => role === 'admin');
    expect(admins).toHaveLength(1);
    await gateway.runtime.stores.keys.update('key_environment', { role: 'admin' });
    await gateway.runtime.configuration.reload();
  });

  it('refuses budgets as long as nothing would hold them', async () => {
    const refused = await api<ErrorAnswer>('POST', '/api/keys', {
      name: 'b',
      budgets: [{ usd: '1.00', period: 'month' }],
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: 'unsupported_parameter', param: 'budgets' } },
    });
    expect(refused.body.error.message).toContain('later version');
  });

  it.each([
    ['an unknown field', { budget: 1 }, 'budget'],
    ['an unknown role', { role: 'root' }, 'role'],
    ['a limit of 0', { rpm: 0 }, 'rpm'],
    ['a fraction', { tpm: 1.5 }, 'tpm'],
    ['a time that is none', { expires_at: 'tomorrow' }, 'expires_at'],
    ['a name with a NUL', { name: 'a\0b' }, 'name'],
    ['a tag with a line break', { tags: ['a\nb'] }, 'tags.0'],
    ['an empty name', { name: '' }, 'name'],
    ['an unknown language', { locale: 'de' }, 'locale'],
    ['a choice of its own secret', { key: 'sk-parley-mine' }, 'key'],
  ])('refuses %s', async (_what, fields, param) => {
    const refused = await api('POST', '/api/keys', { name: 'refused', ...fields });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_request', param } } });
  });
});
