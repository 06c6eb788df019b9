import { describe, expect, it } from '@jest/globals';
import type { UsageAttempt } from '@parley/persistence';
import { summariseTraffic } from './recent-traffic.ts';

const attempt = (outcome: UsageAttempt['outcome'], durationMs: number): UsageAttempt => ({
  deployment: 'openai/m',
  provider: 'openai',
  outcome,
  status: null,
  started_at: '2026-01-01T00:00:00.000Z',
  ttft_ms: null,
  duration_ms: durationMs,
  usage: null,
  cost_nano_usd: null,
  error_code: null,
});

describe('recent traffic', () => {
  it('is not known where nothing was tried', () => {
    expect(summariseTraffic([])).toBeUndefined();
  });

  it('counts as failed what was the fault of the provider, not of the caller', () => {
    const attempts = [attempt('success', 5), attempt('rejected', 1), attempt('error', 9), attempt('error', 9)];
    expect(summariseTraffic(attempts)).toEqual({ attempts: 4, errorRate: 0.5, latencyMs: { p50: 5, p95: 5 } });
  });

  it('has no latency where nothing succeeded', () => {
    expect(summariseTraffic([attempt('error', 9)])).toMatchObject({ errorRate: 1, latencyMs: null });
  });

  it('takes percentiles from what was measured', () => {
    const attempts = Array.from({ length: 100 }, (_, index) => attempt('success', 100 - index));
    expect(summariseTraffic(attempts)).toMatchObject({ latencyMs: { p50: 50, p95: 95 } });
  });
});
