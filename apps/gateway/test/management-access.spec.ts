import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addKey } from './support/configuration.ts';
import { openManagement, type ManagementClient } from './support/management-client.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

type Schema = { properties?: Record<string, Schema>; required?: string[]; additionalProperties?: unknown };
type Operation = {
  parameters: { name: string; in: string }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
};
type Description = { openapi: string; paths: Record<string, Record<string, Operation>> };
type Method = Parameters<ManagementClient>[0];

/** Every route of the management API, as the contract names it. */
const ROUTES = `
  GET /api/providers          POST /api/providers
  GET /api/providers/{name}   PATCH /api/providers/{name}   DELETE /api/providers/{name}
  GET /api/monitoring/providers
  POST /api/monitoring/providers/{name}/config   POST /api/monitoring/providers/{name}/test
  POST /api/monitoring/providers/{name}/reset    GET /api/monitoring/providers/{name}/models
  GET /api/models             POST /api/models              POST /api/models/sync
  GET /api/models/{path}      PATCH /api/models/{path}      DELETE /api/models/{path}
  GET /api/aliases
  GET /api/aliases/{name}     PUT /api/aliases/{name}       DELETE /api/aliases/{name}
  GET /api/keys               POST /api/keys
  GET /api/keys/{id}          PATCH /api/keys/{id}          DELETE /api/keys/{id}
  POST /api/keys/{id}/rotate
  GET /api/usage   GET /api/me/usage   GET /api/requests   GET /api/requests/{id}   GET /api/docs`
  .trim()
  .split(/\n|(?<=\S) {2,}/)
  .map((route) => route.trim().split(' ') as [Method, string]);

describe('the management API', () => {
  let gateway: TestGateway;
  let member: ManagementClient;
  let admin: ManagementClient;
  let description: Description;

  beforeAll(async () => {
    gateway = await startTestGateway();
    admin = openManagement(gateway);
    member = openManagement(gateway, (await addKey(gateway.runtime)).secret);
    description = (await admin<Description>('GET', '/api/docs')).body;
  });
  afterAll(() => gateway.close());

  const operationOf = (method: Method, path: string) => description.paths[path]?.[method.toLowerCase()];
  const fill = (path: string) => path.replace(/\{\w+\}/g, 'some');

  it('describes exactly its routes, for administrators', () => {
    const described = Object.entries(description.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(description.openapi).toMatch(/^3\./);
    expect(described.sort()).toEqual(ROUTES.map((route) => route.join(' ')).sort());
  });

  it.each(ROUTES)('keeps %s %s from those without a key', async (method, path) => {
    const answer = await openManagement(gateway, null)(method, fill(path), method === 'GET' ? undefined : {});
    expect(answer).toMatchObject({
      status: 401,
      body: { error: { code: 'invalid_api_key', request_id: expect.any(String) } },
    });
  });

  it.each(ROUTES.filter(([, path]) => path !== '/api/me/usage'))('keeps %s %s from members', async (method, path) => {
    const answer = await member(method, fill(path), method === 'GET' ? undefined : {});
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'admin_required' } } });
  });

  it('lets members see their own usage', async () => {
    expect((await member('GET', '/api/me/usage')).status).toBe(200);
  });

  const writing = ROUTES.filter(([method, path]) => method.startsWith('P') && !/test|reset|rotate/.test(path));

  it.each(writing)('refuses a body for %s %s that is none, or has a field it does not know', async (method, path) => {
    const schema = operationOf(method, path)?.requestBody?.content['application/json'].schema;
    expect(schema).toMatchObject({ additionalProperties: false });
    expect(await admin(method, fill(path), 'text')).toMatchObject({ status: 400, body: { error: { param: 'body' } } });
    const unknown = { ...Object.fromEntries((schema?.required ?? []).map((field) => [field, 1])), isAdmin: true };
    expect(await admin(method, fill(path), unknown)).toMatchObject({ status: 400 });
  });

  it.each(['__proto__', 'constructor'])('refuses a body that reaches for %s', async (field) => {
    const body = `{"name":"n","${field}":{"prototype":{"role":"admin"}}}`;
    const answer = await fetch(`${gateway.url}/api/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.adminKey}`, 'content-type': 'application/json' },
      body,
    });
    expect(answer.status).toBe(400);
  });

  it('answers in the language of the caller', async () => {
    const answer = await fetch(`${gateway.url}/api/keys/nobody`, {
      headers: { authorization: `Bearer ${gateway.adminKey}`, 'accept-language': 'uk' },
    });
    expect([answer.status, answer.headers.get('content-language')]).toEqual([404, 'uk']);
  });
});
