import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asking, postChat } from './support/chat-client.ts';
import { startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';
import { eventually } from './support/stream-client.ts';

let gateway: SimulatedGateway;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
});
afterAll(() => gateway?.close());

const readMetrics = (): Promise<string> => gateway.runtime.registry.metrics();

/** The value of a series; undefined where there is none. */
async function valueOf(name: string, labels: Record<string, string>): Promise<number | undefined> {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const line = (await readMetrics())
    .split('\n')
    .find((candidate) => candidate.startsWith(`${name}{`) && wanted.every((pair) => candidate.includes(pair)));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

const ask = async (model: string, content: string, fields: object = {}): Promise<void> => {
  await (await postChat(gateway, asking(model, content, fields))).text();
};

describe('the metrics', () => {
  it('count calls, attempts, tokens and dollars', async () => {
    const labels = { provider: 'openai', model: 'openai/small' };
    await ask('openai/small', '[[sim:usage 1000 333 100 50]]');
    await ask('openai/small', '[[sim:usage 1000 333 100 50]]', { stream: true });
    expect(await valueOf('parley_requests_total', { ...labels, mode: 'sync', outcome: 'success' })).toBe(1);
    expect(await valueOf('parley_requests_total', { ...labels, mode: 'stream', outcome: 'success' })).toBe(1);
    expect(await valueOf('parley_upstream_attempts_total', { ...labels, outcome: 'success' })).toBe(2);
    const tokens = (direction: string, kind: string) => valueOf('parley_tokens_total', { ...labels, direction, kind });
    expect(await tokens('input', 'uncached')).toBe(1800);
    expect(await tokens('input', 'cache_read')).toBe(200);
    expect(await tokens('output', 'response')).toBe(566);
    expect(await tokens('output', 'reasoning')).toBe(100);
    expect(await valueOf('parley_cost_usd_total', labels)).toBeCloseTo(0.003152, 12);
    expect(await valueOf('parley_stream_ends_total', { provider: 'openai', reason: 'complete' })).toBe(1);
    expect(await valueOf('parley_time_to_first_token_seconds_count', labels)).toBe(1);
  });

  it('count failures by their code, retries by their cause', async () => {
    await ask('anthropic/small', '[[sim:error 400]]');
    await ask('anthropic/small', '[[sim:flaky 1 metrics]] Hi');
    const provider = 'anthropic';
    expect(await valueOf('parley_errors_total', { provider, code: 'provider_refused_request' })).toBe(1);
    expect(await valueOf('parley_retries_total', { provider, reason: 'provider_unavailable' })).toBe(1);
    const labels = { provider, model: 'anthropic/small' };
    expect(await valueOf('parley_requests_total', { ...labels, outcome: 'rejected' })).toBe(1);
    expect(await valueOf('parley_upstream_attempts_total', { ...labels, outcome: 'error' })).toBe(1);
  });

  it('count what clients see at the edge, and refused keys', async () => {
    const missing = await valueOf('parley_auth_failures_total', { reason: 'unknown' });
    await (await postChat(gateway, asking('openai/small', 'Hi'), { key: 'nobody' })).text();
    expect(await valueOf('parley_auth_failures_total', { reason: 'unknown' })).toBe((missing ?? 0) + 1);
    const edge = { route: '/v1/chat/completions', method: 'POST', code: '401' };
    await eventually('the answer is counted', async () => (await valueOf('parley_http_requests_total', edge)) === 1);
  });

  it('grow by no series for 300 names of models, and hold no word of a caller', async () => {
    const hostile = (at: number): string => `openai/intruder-${at}-"}\n# HELP`;
    await ask(hostile(-1), 'Hi');
    await ask('intruder', 'Hi');
    await ask('openai/intruder', 'Hi');
    await ask('openai/intruder', '[[sim:error 400]]');
    const seriesOf = (text: string): number => text.split('\n').filter((line) => line.startsWith('parley_')).length;
    const before = seriesOf(await readMetrics());
    for (let at = 0; at < 300; at += 10) {
      await Promise.all(
        Array.from({ length: 10 }, (_, offset) =>
          ask(offset % 2 ? hostile(at + offset) : `intruder-${at + offset}`, 'Hi'),
        ),
      );
    }
    const text = await readMetrics();
    expect(seriesOf(text) - before).toBe(0);
    expect(text).not.toContain('intruder');
  });

  it('do not take paths or methods of callers as labels', async () => {
    await fetch(`${gateway.url}/intruder-path`, { method: 'POST' });
    await fetch(`${gateway.url}/v1/models/intruder-model`);
    const text = await readMetrics();
    expect(text).not.toContain('intruder');
    expect(text).toContain('route="/v1/models/*"');
  });
});
