import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UpstreamPools } from '../http/pools.ts';
import { google } from '../catalog/google.ts';
import { openaiCompatible } from '../catalog/compatible.ts';
import type { ConnectionTarget } from './list-models.ts';
import { probeConnection, type ProbeStep } from './probe-connection.ts';

const SECRET = 'the-secret-of-the-connection';

describe('probing a connection', () => {
  const pools = new UpstreamPools();
  let server: Server;
  let answer: (response: ServerResponse) => void;
  let baseUrl: string;

  beforeAll(async () => {
    server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    baseUrl = `http://localhost:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(async () => {
    await pools.close();
    server.close();
  });

  const send = (status: number, body: unknown) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const probe = (
    change: Partial<ConnectionTarget> = {},
    call: () => Promise<string> = () => Promise.resolve('it answered'),
    signal = AbortSignal.timeout(5000),
  ): Promise<ProbeStep[]> => {
    const credential = { id: 'c', secret: SECRET };
    const to = { connection: 'x', provider: openaiCompatible, baseUrl, options: {} };
    const target = { ...to, allowPrivateNetwork: true, credential };
    return probeConnection(pools, { ...target, ...change }, call, signal);
  };
  const outline = (steps: ProbeStep[]) => steps.map(({ step, ok }) => `${step} ${ok ? 'ok' : 'failed'}`);

  it('goes through all steps where all is well', async () => {
    answer = send(200, { data: [{ id: 'm' }] });
    const steps = await probe();
    expect(outline(steps)).toEqual(['dns ok', 'tls ok', 'auth ok', 'models ok', 'call ok']);
    expect(steps.map(({ detail }) => detail)).toEqual([
      expect.stringContaining('127.0.0.1'),
      'connected without TLS',
      null,
      '1 models',
      'it answered',
    ]);
  });

  it('stops at a credential that is refused, without repeating it', async () => {
    answer = send(401, { error: { message: `the key ${SECRET} is wrong` } });
    const steps = await probe();
    expect(outline(steps)).toEqual(['dns ok', 'tls ok', 'auth failed']);
    expect(steps.at(-1)?.detail).toContain('HTTP 401');
    expect(JSON.stringify(steps)).not.toContain(SECRET);
  });

  it("recognises Gemini's way of refusing a credential, by a 400", async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];
    answer = send(400, { error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT', details } });
    expect(outline(await probe({ provider: google }))).toEqual(['dns ok', 'tls ok', 'auth failed']);
  });

  it('still makes the call where the server has no model list', async () => {
    answer = send(404, { error: { message: 'no such page' } });
    expect(outline(await probe())).toEqual(['dns ok', 'tls ok', 'auth ok', 'models failed', 'call ok']);
  });

  it('goes straight to the call where the vendor has no model list', async () => {
    answer = (response) => void response.destroy();
    const steps = await probe({ provider: { ...openaiCompatible, modelList: null } });
    expect(outline(steps)).toEqual(['dns ok', 'tls ok', 'call ok']);
  });

  it.each([
    ['a page', (response: ServerResponse) => void response.end('<html>')],
    ['another JSON', send(200, { hello: 'world' })],
  ])('says that the model list is none when %s comes', async (_what, script) => {
    answer = script;
    const steps = await probe();
    expect(steps[3]).toMatchObject({
      step: 'models',
      ok: false,
      detail: expect.stringContaining('provider_bad_answer'),
    });
  });

  it('says what became of the call', async () => {
    answer = send(200, { data: [] });
    const steps = await probe({}, () => Promise.reject(new Error(`no luck with ${SECRET}`)));
    expect(steps.at(-1)).toMatchObject({ step: 'call', ok: false, detail: 'no luck with ***' });
  });

  it('fails at the answer that never comes when its time is over', async () => {
    answer = () => {};
    expect(outline(await probe({}, undefined, AbortSignal.timeout(200)))).toEqual(['dns ok', 'tls ok', 'auth failed']);
  });

  it('fails at the answer that is broken off', async () => {
    answer = (response) => void response.socket?.destroy();
    expect(outline(await probe())).toEqual(['dns ok', 'tls ok', 'auth failed']);
  });

  it.each(['http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1'])(
    'does not even look where %s leads unless private addresses are allowed',
    async (address) => {
      const steps = await probe({ baseUrl: address, allowPrivateNetwork: false });
      expect(steps).toMatchObject([{ step: 'dns', ok: false, detail: expect.stringContaining('address_not_allowed') }]);
    },
  );
});
