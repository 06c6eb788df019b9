import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { METRIC_CATALOGUE } from './metrics-catalogue.ts';
import { zeroInitialise } from './metrics-labels.ts';
import { createMetrics, METRIC_NAMES } from './metrics.ts';

const CONFIGURED = {
  providers: ['openai'],
  routes: [{ route: '/v1/chat/completions', method: 'POST' }],
};

describe('createMetrics', () => {
  it('registers every name of the catalogue once', () => {
    const registry = new Registry();
    createMetrics(registry);
    expect(registry.getMetricsAsArray().map(({ name }) => name)).toEqual(METRIC_NAMES);
    expect(new Set(METRIC_NAMES).size).toBe(METRIC_NAMES.length);
  });

  it('names instruments after their metrics: camel case, without parley_ and _total', () => {
    for (const [key, { name }] of Object.entries(METRIC_CATALOGUE)) {
      const words = name.replace(/^parley_/, '').replace(/_total$/, '');
      expect(key).toBe(words.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase()));
    }
  });

  it('ends the names of counters, and of nothing else, in _total', () => {
    for (const { kind, name } of Object.values(METRIC_CATALOGUE)) {
      expect({ name, total: name.endsWith('_total') }).toEqual({ name, total: kind === 'counter' });
    }
  });

  it('keeps buckets ascending', () => {
    for (const definition of Object.values(METRIC_CATALOGUE)) {
      if (definition.kind !== 'histogram') continue;
      const { buckets } = definition;
      expect(buckets).toEqual([...new Set(buckets)].toSorted((left, right) => left - right));
    }
  });

  it('counts what it is told, under the labels of the metric', async () => {
    const registry = new Registry();
    const metrics = createMetrics(registry);
    metrics.requests.inc({ provider: 'openai', model: 'openai/gpt-4o', mode: 'sync', outcome: 'success' });
    metrics.timeToFirstTokenSeconds.observe({ provider: 'openai', model: 'openai/gpt-4o' }, 0.3);
    const text = await registry.metrics();
    expect(text).toContain(
      'parley_requests_total{provider="openai",model="openai/gpt-4o",mode="sync",outcome="success"} 1',
    );
    expect(text).toContain(
      'parley_time_to_first_token_seconds_bucket{le="0.5",provider="openai",model="openai/gpt-4o"} 1',
    );
  });
});

describe('zeroInitialise', () => {
  it('shows the series that alerts look at before anything happened', async () => {
    const text = await initialised();
    for (const series of [
      'parley_http_requests_total{route="/v1/chat/completions",method="POST",code="503"} 0',
      'parley_errors_total{provider="openai",code="provider_unreachable"} 0',
      'parley_errors_total{provider="none",code="internal_error"} 0',
      'parley_stream_ends_total{provider="openai",reason="upstream_error"} 0',
      'parley_circuit_state{provider="openai"} 0',
      'parley_usage_writer_dropped_total 0',
      'parley_jobs_total{queue="parley-batches",outcome="failed"} 0',
      'parley_auth_failures_total{reason="unknown"} 0',
    ]) {
      expect(text).toContain(series);
    }
  });

  it('invents no circuit and no stream for the absent provider', async () => {
    expect(await initialised()).not.toMatch(/parley_(circuit|stream)\w+\{provider="none"/);
  });

  it('leaves counts that exist already as they are', async () => {
    const registry = new Registry();
    const metrics = createMetrics(registry);
    metrics.retries.inc({ provider: 'openai', reason: 'provider_timeout' }, 3);
    zeroInitialise(metrics, CONFIGURED);
    expect(await registry.metrics()).toContain('parley_retries_total{provider="openai",reason="provider_timeout"} 3');
  });
});

async function initialised(): Promise<string> {
  const registry = new Registry();
  zeroInitialise(createMetrics(registry), CONFIGURED);
  return registry.metrics();
}
