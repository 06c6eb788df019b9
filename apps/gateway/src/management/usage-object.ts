import { formatUsd } from '@parley/inference';
import type { UsageAttempt, UsageRow, UsageSummary } from '@parley/persistence';

/** Money as a decimal string in US dollars; null: not known, which is not the same as free. */
const asUsd = (nanoUsd: number | bigint | null): string | null => (nanoUsd === null ? null : formatUsd(nanoUsd));

/** Sums over the requests that agree in every group, each group under its own name. */
export function usageObject(summary: UsageSummary) {
  return {
    ...summary.group,
    requests: summary.requests,
    attempts: summary.attempts,
    input_tokens: summary.inputTokens,
    cached_input_tokens: summary.cachedInputTokens,
    cache_write_tokens: summary.cacheWriteTokens,
    output_tokens: summary.outputTokens,
    reasoning_tokens: summary.reasoningTokens,
    cost_usd: asUsd(summary.costNanoUsd),
    unpriced_requests: summary.unpricedRequests,
  };
}

/** One finished request with all of its attempts. */
export function requestObject(row: UsageRow) {
  return {
    id: row.id,
    finished_at: row.ts.toISOString(),
    key: row.keyId,
    project: row.project,
    mode: row.mode,
    route: row.route,
    model: row.modelId,
    connection: row.connection,
    provider: row.provider,
    upstream_model: row.upstreamModel,
    outcome: row.outcome,
    status: row.status,
    error_code: row.errorCode,
    input_tokens: row.inputTokens,
    cached_input_tokens: row.cachedInputTokens,
    cache_write_tokens: row.cacheWriteTokens,
    output_tokens: row.outputTokens,
    reasoning_tokens: row.reasoningTokens,
    estimated: row.estimated,
    cost_usd: asUsd(row.costNanoUsd),
    price_version: row.priceVersion,
    ttft_ms: row.ttftMs,
    duration_ms: row.durationMs,
    batch_id: row.batchId,
    attempts: row.attempts.map(attemptObject),
  };
}

function attemptObject({ cost_nano_usd: costNanoUsd, ...attempt }: UsageAttempt) {
  return { ...attempt, cost_usd: asUsd(costNanoUsd) };
}
