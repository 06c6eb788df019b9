import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import { UpstreamPools, type StreamAnswer } from '@parley/providers';
import { settleCall } from '../accounting/settle.ts';
import { KeyLimits } from '../admission/key-limits.ts';
import { buildSnapshot } from '../configuration/snapshot.ts';
import { stored, storedConnection, storedModel } from '../configuration/stored.testing.ts';
import { Affinity } from '../routing/affinity.ts';
import { FollowUps } from '../routing/follow-ups.ts';
import { CIRCUIT_LIMITS } from '../resilience/circuit.ts';
import { Circuits } from '../resilience/circuits.ts';
import { openDeadline } from '../resilience/deadline.ts';
import { RetryBudget } from '../resilience/retry-budget.ts';
import { openTelemetry } from '../telemetry/telemetry.testing.ts';
import { KEY, makeCall } from './call.testing.ts';
import { Engine } from './engine.ts';

const pools = new UpstreamPools();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => pools.close());

type Upstream = { url: string; keys: unknown[] };

/** Answers with one of the given ways after the other; with the last one for ever. */
async function startUpstream(...answers: ((response: ServerResponse) => unknown)[]): Promise<Upstream> {
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    request.resume().on('end', () => answers[Math.min(keys.length, answers.length) - 1]!(response));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const message = { role: 'assistant', content: 'hi' };
const completion = {
  id: 'x',
  object: 'chat.completion',
  created: 7,
  model: 'm',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
  usage,
};
const good = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion));
const fail =
  (status: number, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end();
/** Fails in a way that is not to be retried at once. */
const failOnce = fail(500, { 'x-should-retry': 'false' });
const reset = (response: ServerResponse) => response.destroy();
const hang = () => undefined;
const sse = (...chunks: object[]): string =>
  chunks
    .map(
      (fields) =>
        `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 7, model: 'm', ...fields })}\n\n`,
    )
    .join('');
const stream = (response: ServerResponse) =>
  response
    .writeHead(200, { 'content-type': 'text/event-stream' })
    .end(
      sse(
        { choices: [{ index: 0, delta: message, finish_reason: null }] },
        { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
        { choices: [], usage },
      ) + 'data: [DONE]\n\n',
    );

/** An engine over connections `a`, `b`... at these upstreams, and the alias `all` over their models in that order. */
function openEngine(...upstreams: Upstream[]) {
  const names = upstreams.map((_upstream, at) => 'abc'[at]!);
  const connections = upstreams.map(({ url }, at) =>
    storedConnection(names[at]!, {
      baseUrl: url,
      allowPrivateNetwork: true,
      credentials: ['first', 'second'].map((apiKey) => ({ id: `${names[at]} ${apiKey}`, apiKey, last4: '' })),
    }),
  );
  const models = names.map((name) => storedModel(`${name}/m`));
  const aliases = [
    {
      name: 'all',
      strategy: 'priority' as const,
      deployments: models.map(({ modelId }) => ({ model: modelId, weight: 1 })),
    },
  ];
  const snapshot = buildSnapshot(stored({ connections, models, aliases }), {
    defaultModel: undefined,
    now: new Date(),
  });
  const clock = { nowMs: 0 };
  const { telemetry, exposition } = openTelemetry();
  const engine = new Engine({
    pools,
    circuits: new Circuits(() => clock.nowMs),
    budget: new RetryBudget(() => clock.nowMs),
    limits: new KeyLimits(() => clock.nowMs),
    followUps: new FollowUps(new Affinity(() => clock.nowMs)),
    telemetry,
    snapshot: () => snapshot,
  });
  /** Runs a call to its end and settles it. */
  const run = async (model: string, fields: Parameters<typeof makeCall>[1] = {}) => {
    const call = makeCall(model, fields);
    const result = await engine.run(call).catch((error: unknown) => error as Error);
    const ending = result instanceof Error ? { status: 500, error: result } : { status: 200, usage };
    const { row } = settleCall(call, ending, performance.now(), new Date());
    return {
      result,
      row,
      attempts: row.attempts.map(({ deployment, outcome, status }) => [deployment, outcome, status]),
    };
  };
  return { clock, exposition, run };
}

describe('a call', () => {
  it('that fails and is retried with success is two attempts in its row', async () => {
    const upstream = await startUpstream(reset, good);
    const { run, exposition } = openEngine(upstream);
    const { result, row, attempts } = await run('a/m');
    expect(result).toMatchObject({ answer: { kind: 'whole', usage: completion.usage }, entry: { label: 'a/m' } });
    expect(attempts).toEqual([
      ['a/m', 'error', null],
      ['a/m', 'success', 200],
    ]);
    expect(row).toMatchObject({ outcome: 'success', modelId: 'a/m', inputTokens: 10, costNanoUsd: 20_000 });
    expect(row.attempts.map((attempt) => [attempt.error_code, attempt.cost_nano_usd])).toEqual([
      ['provider_unreachable', null],
      [null, 20_000],
    ]);
    expect(await exposition()).toContain('parley_retries_total{provider="openai",reason="provider_unreachable"} 1');
  });

  it('meets the other credential of the connection when it is retried', async () => {
    const upstream = await startUpstream(fail(429), good);
    await openEngine(upstream).run('a/m');
    expect(upstream.keys).toEqual(['Bearer first', 'Bearer second']);
  });

  it('goes to the next deployment when the first one cannot answer', async () => {
    const [broken, well] = [await startUpstream(failOnce), await startUpstream(good)];
    const { run, exposition } = openEngine(broken, well);
    const { result, row, attempts } = await run('all');
    expect(result).toMatchObject({ entry: { label: 'b/m' } });
    expect(attempts).toEqual([
      ['a/m', 'error', 500],
      ['b/m', 'success', 200],
    ]);
    expect(row).toMatchObject({ modelId: 'b/m', connection: 'b', upstreamModel: 'm' });
    expect(await exposition()).toMatch(/parley_fallbacks_total\{.*outcome="success"\} 1/);
  });

  it('that nobody answers tells of every attempt', async () => {
    const { run } = openEngine(await startUpstream(failOnce), await startUpstream(fail(401)));
    const { result, attempts } = await run('all');
    expect(attempts).toHaveLength(2);
    expect(result).toMatchObject({
      code: 'all_providers_failed',
      details: {
        attempts: [
          { provider: 'a', code: 'provider_unavailable' },
          { provider: 'b', code: 'provider_auth_failed' },
        ],
      },
    });
  });

  it('that a provider refuses is one attempt', async () => {
    const upstream = await startUpstream(fail(400));
    const { result, row, attempts } = await openEngine(upstream).run('a/m');
    expect(result).toMatchObject({
      code: 'provider_refused_request',
      details: { provider: 'a', upstream: { status: 400 } },
    });
    expect([attempts, row.outcome]).toEqual([[['a/m', 'rejected', 400]], 'rejected']);
  });

  it('for a model that does not exist asks nobody', async () => {
    const upstream = await startUpstream(good);
    const { result, row } = await openEngine(upstream).run('none');
    expect(result).toMatchObject({ code: 'model_not_found' });
    expect([row.attempts, row.modelId, upstream.keys]).toEqual([[], 'none', []]);
  });

  it('over the limits of its key asks nobody', async () => {
    const upstream = await startUpstream(good);
    const { run } = openEngine(upstream);
    const key = { ...KEY, rpm: 1 };
    await run('a/m', { key });
    expect((await run('a/m', { key })).result).toMatchObject({ code: 'rate_limit_exceeded' });
    expect(upstream.keys).toHaveLength(1);
  });

  it('ends at its deadline, and then asks nobody else', async () => {
    const [slow, well] = [await startUpstream(hang), await startUpstream(good)];
    const { signal } = openDeadline(150);
    const { result, row } = await openEngine(slow, well).run('all', { signal, deadlineAtMs: performance.now() + 150 });
    expect(result).toMatchObject({ code: 'deadline_exceeded' });
    expect([row.attempts.length, well.keys.length]).toEqual([1, 0]);
    expect(row.durationMs).toBeLessThan(2000);
  });

  it('of a caller that leaves while a retry waits is not tried again', async () => {
    const upstream = await startUpstream(fail(429, { 'retry-after': '10' }), good);
    const controller = new AbortController();
    const ended = openEngine(upstream).run('a/m', {
      signal: controller.signal,
      deadlineAtMs: performance.now() + 60_000,
    });
    while (upstream.keys.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    setTimeout(() => controller.abort(new GatewayError('client_closed_request')), 50);
    const { row } = await ended;
    expect(row).toMatchObject({
      outcome: 'cancelled',
      errorCode: 'client_closed_request',
      attempts: [{ status: 429 }],
    });
    expect(upstream.keys).toHaveLength(1);
  });

  it('that streams is retried until its answer begins, and knows when it did', async () => {
    const upstream = await startUpstream(reset, stream);
    const { result, row, attempts } = await openEngine(upstream).run('a/m', { mode: 'stream' });
    const { answer } = result as { answer: StreamAnswer } & Error;
    const text = await new Promise<string>((resolve, reject) => {
      let sent = '';
      answer.stream.pipe({
        write: (bytes) => Boolean((sent += bytes.toString())),
        end: () => resolve(sent),
        fail: reject,
      });
    });
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(answer.stream.facts.usage).toEqual(usage);
    expect(attempts).toHaveLength(2);
    expect(row).toMatchObject({
      mode: 'stream',
      ttftMs: expect.any(Number),
      attempts: [{ ttft_ms: null }, { ttft_ms: expect.any(Number) }],
    });
  });
});

describe('a deployment that keeps failing', () => {
  it('is left alone after enough failures, and asked again by one probe that brings it back', async () => {
    const answers = [...Array.from({ length: CIRCUIT_LIMITS.minSamples }, () => failOnce), good];
    const upstream = await startUpstream(...answers);
    const { clock, run } = openEngine(upstream);
    for (let i = 0; i < CIRCUIT_LIMITS.minSamples; i++)
      expect((await run('a/m')).result).toMatchObject({ code: 'provider_unavailable' });
    const blocked = await run('a/m');
    expect(blocked.result).toMatchObject({
      code: 'provider_unavailable',
      details: { retryAfterMs: CIRCUIT_LIMITS.openMs },
    });
    expect([blocked.attempts, upstream.keys.length]).toEqual([[], CIRCUIT_LIMITS.minSamples]);
    clock.nowMs = CIRCUIT_LIMITS.openMs;
    const probes = await Promise.all([run('a/m'), run('a/m')]);
    expect(probes.map(({ attempts }) => attempts)).toEqual([[['a/m', 'success', 200]], []]);
    expect((await run('a/m')).attempts).toEqual([['a/m', 'success', 200]]);
  });

  it('does not hold up calls that can go elsewhere', async () => {
    const [broken, well] = [await startUpstream(failOnce), await startUpstream(good)];
    const { run } = openEngine(broken, well);
    for (let i = 0; i < CIRCUIT_LIMITS.minSamples + 5; i++) expect((await run('all')).row.modelId).toBe('b/m');
    expect(broken.keys).toHaveLength(CIRCUIT_LIMITS.minSamples);
  });
});
