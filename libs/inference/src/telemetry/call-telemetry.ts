import type { ErrorCode } from '@parley/contracts';
import type { Settlement } from '../accounting/settle.ts';
import type { Call } from '../engine/call.ts';
import type { FallbackNote } from '../resilience/fallback.ts';
import type { Metrics } from './metrics.ts';

const NANO = 1e-9;

/** Turns settled calls into metrics. Labels come from the registry and the error table only. */
export class CallTelemetry {
  constructor(private readonly metrics: Metrics) {}

  countRetry(provider: string, reason: ErrorCode): void {
    this.metrics.retries.inc({ provider, reason });
  }

  countFallback({ from, to, reason, succeeded }: FallbackNote): void {
    const outcome = succeeded ? 'success' : 'error';
    this.metrics.fallbacks.inc({ from_provider: from, to_provider: to, reason, outcome });
  }

  countSettlement(call: Call, settlement: Settlement, nowMs: number): void {
    const { metrics } = this;
    const last = call.attempts.at(-1);
    const provider = last?.entry.deployment.provider.id ?? 'none';
    const model = last?.entry.label ?? 'other';
    const { outcome, row, tokens } = settlement;
    const seconds = (nowMs - call.startedAtMs) / 1000;
    metrics.requests.inc({ provider, model, mode: call.mode, outcome });
    metrics.requestDurationSeconds.observe({ provider, model, mode: call.mode }, seconds);
    if (row.errorCode !== null) metrics.errors.inc({ provider, code: row.errorCode });
    for (const attempt of call.attempts) {
      const { deployment, label } = attempt.entry;
      metrics.upstreamAttempts.inc({
        provider: deployment.provider.id,
        model: label,
        outcome: attempt.outcome ?? 'error',
      });
      metrics.upstreamAttemptDurationSeconds.observe(
        { provider: deployment.provider.id },
        (attempt.durationMs ?? 0) / 1000,
      );
    }
    if (last) {
      // From the first attempt to the end of the last: the pauses between them are waits for the provider as well.
      const upstreamMs = last.startedAtMs + (last.durationMs ?? 0) - call.attempts[0]!.startedAtMs;
      metrics.overheadSeconds.observe({ mode: call.mode }, Math.max(0, seconds - upstreamMs / 1000));
    }
    if (last && call.mode === 'stream') this.observeStream(call, settlement, { provider, model }, nowMs);
    if (tokens) this.countTokens(settlement, { provider, model });
  }

  private observeStream(
    call: Call,
    { tokens, row }: Settlement,
    labels: { provider: string; model: string },
    nowMs: number,
  ) {
    if (row.ttftMs === null) return;
    this.metrics.timeToFirstTokenSeconds.observe(labels, row.ttftMs / 1000);
    const output = tokens ? tokens.response + tokens.reasoning : 0;
    const streamedMs = nowMs - call.startedAtMs - row.ttftMs;
    if (output > 1)
      this.metrics.interTokenLatencySeconds.observe(labels, Math.max(0, streamedMs) / 1000 / (output - 1));
  }

  private countTokens({ tokens, row, estimated }: Settlement, labels: { provider: string; model: string }): void {
    const { metrics } = this;
    const count = (direction: string, kind: string, value: number): void => {
      if (value > 0) metrics.tokens.inc({ ...labels, direction, kind }, value);
    };
    count('input', 'uncached', tokens!.uncachedInput);
    count('input', 'cache_read', tokens!.cachedInput);
    count('input', 'cache_write', tokens!.cacheWrite + tokens!.cacheWrite1h);
    count('output', 'response', tokens!.response);
    count('output', 'reasoning', tokens!.reasoning);
    if (row.costNanoUsd) metrics.costUsd.inc(labels, row.costNanoUsd * NANO);
    if (row.unpriced) metrics.unpricedRequests.inc(labels);
    if (estimated) metrics.usageEstimated.inc(labels);
  }
}
