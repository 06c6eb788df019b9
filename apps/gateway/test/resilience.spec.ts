import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asking, postChat, readCompletion, readError, readStream, textOf } from './support/chat-client.ts';
import { addAlias } from './support/configuration.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import {
  chatCompletion,
  chatEvent,
  DONE,
  sendJson,
  sendPieces,
  startUpstream,
  type Upstream,
  type UpstreamScript,
} from './support/upstream.ts';

const FINE = sendJson(chatCompletion('fine'));
const FINE_STREAM = sendPieces([chatEvent({ role: 'assistant', content: 'fine' }, 'stop'), DONE]);
const fault = (status: number, headers: Record<string, string> = {}): UpstreamScript =>
  sendJson({ error: { message: 'no', type: 'server_error', code: null } }, status, headers);

let gateway: TestGateway;
let first: Upstream;
let second: Upstream;
beforeAll(async () => {
  [first, second] = await Promise.all([startUpstream(), startUpstream()]);
  gateway = await startTestGateway({
    connections: [
      { name: 'first', provider: 'openai-compatible', baseUrl: first.url },
      { name: 'second', provider: 'openai-compatible', baseUrl: second.url },
    ],
  });
  await addAlias(gateway.runtime, 'both', ['first/m', 'second/m']);
});
afterAll(async () => {
  await gateway?.close();
  await first?.close();
  await second?.close();
});
beforeEach(() => {
  for (const upstream of [first, second]) {
    upstream.requests.length = 0;
    upstream.script = FINE;
  }
  for (const connection of ['first', 'second']) gateway.runtime.resetHealth(connection);
});

/** Answers with each script once, and with the last one from then on. */
function inTurn(...scripts: UpstreamScript[]): UpstreamScript {
  let at = 0;
  return (request, response) => scripts[Math.min(at++, scripts.length - 1)]!(request, response);
}

const reset: UpstreamScript = (_request, response) => void response.socket?.resetAndDestroy();

describe('a provider that fails for a moment', () => {
  it.each([
    ['503', fault(503)],
    ['500', fault(500)],
    ['529', fault(529)],
    ['a connection that is reset', reset],
  ])('with %s is asked again, unseen by the client', async (_name, broken) => {
    first.script = inTurn(broken, FINE);
    const response = await postChat(gateway, asking('first/m', 'Hi'));
    expect((await readCompletion(response)).choices[0]?.message.content).toBe('fine');
    expect(response.headers.get('x-parley-attempts')).toBe('2');
    expect(first.requests).toHaveLength(2);
    expect(first.requests[0]?.body.equals(first.requests[1]!.body)).toBe(true);
  });

  it('is asked again for a stream that broke before its first word', async () => {
    first.script = inTurn(fault(503), sendPieces([chatEvent({ role: 'assistant', content: '' })]), FINE_STREAM);
    const response = await postChat(gateway, asking('first/m', 'Hi', { stream: true }));
    const seen = await readStream(response);
    expect([textOf(seen), seen.done, first.requests.length]).toEqual(['fine', true, 3]);
  });

  it('is given the time that it asks for', async () => {
    first.script = inTurn(fault(429, { 'retry-after': '1' }), FINE);
    const startedMs = performance.now();
    await readCompletion(await postChat(gateway, asking('first/m', 'Hi')));
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
    expect(first.requests).toHaveLength(2);
  });

  it('and asks for more time than anyone waits is left alone, and the client told when to come back', async () => {
    first.script = fault(429, { 'retry-after': '3600' });
    const response = await postChat(gateway, asking('first/m', 'Hi'));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3600']);
    expect(await readError(response)).toMatchObject({
      code: 'provider_rate_limited',
      retry_after: 3600,
      retryable: true,
    });
    expect(first.requests).toHaveLength(1);
  });

  it('again and again is asked three times and no more', async () => {
    first.script = fault(503);
    const response = await postChat(gateway, asking('first/m', 'Hi'));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await readError(response)).toMatchObject({ code: 'provider_unavailable', provider: 'first' });
    expect(first.requests).toHaveLength(3);
  });

  it.each([400, 401, 402, 403, 404, 413, 422])('with %d is not asked again', async (status) => {
    first.script = fault(status);
    const response = await postChat(gateway, asking('first/m', 'Hi'));
    expect(response.status).not.toBe(401);
    expect(first.requests).toHaveLength(1);
  });
});

describe('an alias', () => {
  it('falls back to its next deployment, which is named in the answer', async () => {
    first.script = fault(503, { 'retry-after': '60' });
    const response = await postChat(gateway, asking('both', 'Hi'));
    expect((await readCompletion(response)).choices[0]?.message.content).toBe('fine');
    expect(response.headers.get('x-parley-model')).toBe('second/m');
    expect(response.headers.get('x-parley-attempts')).toBe('2');
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  });

  it('falls back for a stream as well, until its first word', async () => {
    first.script = fault(400);
    second.script = FINE_STREAM;
    const response = await postChat(gateway, asking('both', 'Hi', { stream: true }));
    expect(textOf(await readStream(response))).toBe('fine');
    expect(response.headers.get('x-parley-model')).toBe('second/m');
  });

  it('does not fall back in the middle of a stream', async () => {
    first.script = sendPieces([chatEvent({ role: 'assistant', content: 'half' })]);
    const seen = await readStream(await postChat(gateway, asking('both', 'Hi', { stream: true })));
    expect([textOf(seen), seen.done, seen.error?.code]).toEqual(['half', false, 'upstream_incomplete']);
    expect(second.requests).toHaveLength(0);
  });

  it('whose deployments all fail tells every attempt', async () => {
    first.script = fault(401);
    second.script = fault(503, { 'retry-after': '60' });
    const response = await postChat(gateway, asking('both', 'Hi'));
    expect(response.status).toBe(503);
    const error = await readError(response);
    expect(error).toMatchObject({ code: 'all_providers_failed', retryable: true });
    expect(error.attempts).toEqual([
      { provider: 'first', model: 'first/m', code: 'provider_auth_failed', duration_ms: expect.any(Number) },
      { provider: 'second', model: 'second/m', code: 'provider_unavailable', duration_ms: expect.any(Number) },
    ]);
  });
});

describe('the circuit of a deployment', () => {
  it('opens under a storm, spares the provider, and closes when it is reset', async () => {
    first.script = fault(503, { 'retry-after': '60' });
    for (let call = 0; call < 20; call += 1) {
      expect((await postChat(gateway, asking('first/m', 'Hi'))).status).toBe(503);
    }
    first.requests.length = 0;
    first.script = FINE;
    const spared = await postChat(gateway, asking('first/m', 'Hi'));
    expect(spared.status).toBe(503);
    expect(Number(spared.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(first.requests).toHaveLength(0);
    // Another deployment is not concerned, and the alias goes there.
    const response = await postChat(gateway, asking('both', 'Hi'));
    expect(response.headers.get('x-parley-model')).toBe('second/m');
    expect(first.requests).toHaveLength(0);
    gateway.runtime.resetHealth('first');
    await readCompletion(await postChat(gateway, asking('first/m', 'Hi')));
  });

  it('stays closed under refusals, which are the callers’ own', async () => {
    first.script = fault(400);
    for (let call = 0; call < 25; call += 1) await postChat(gateway, asking('first/m', 'Hi'));
    first.script = FINE;
    await readCompletion(await postChat(gateway, asking('first/m', 'Hi')));
  });
});

describe('the deadline of a call', () => {
  const headers = { 'x-parley-timeout-ms': '300' };

  it.each([false, true])('ends it with 504 and aborts the provider (stream: %s)', async (stream) => {
    first.script = () => {};
    const startedMs = performance.now();
    const response = await postChat(gateway, asking('first/m', 'Hi', { stream }), { headers });
    expect(performance.now() - startedMs).toBeLessThan(800);
    expect(response.status).toBe(504);
    expect(await readError(response)).toMatchObject({ code: 'deadline_exceeded', retryable: true });
    expect((await first.requests[0]!.over).aborted).toBe(true);
  });

  it('covers all attempts together', async () => {
    first.script = () => {};
    const response = await postChat(gateway, asking('both', 'Hi'), { headers });
    expect((await readError(response)).code).toBe('deadline_exceeded');
    expect(second.requests).toHaveLength(0);
  });

  it('that passes in the middle of a stream ends it with an error event', async () => {
    first.script = sendPieces([chatEvent({ role: 'assistant', content: 'half' })], { ends: false });
    const seen = await readStream(await postChat(gateway, asking('first/m', 'Hi', { stream: true }), { headers }));
    expect([textOf(seen), seen.done, seen.error?.code]).toEqual(['half', false, 'deadline_exceeded']);
    expect((await first.requests[0]!.over).aborted).toBe(true);
  });
});
