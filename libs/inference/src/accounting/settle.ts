import { REPORTED_COST_NANO_USD, type ChatUsage } from '@parley/contracts';
import type { UsageAttempt, UsageRow } from '@parley/persistence';
import type { Attempt, Call, Outcome } from '../engine/call.ts';
import { endAttempt } from '../engine/attempt.ts';
import { codeOf, outcomeOf } from '../resilience/verdict.ts';
import { costOf, formatUsd, priceAt, type TokenCounts } from './price.ts';
import { billedTokens, countTokens, inputUsage } from './token-counts.ts';

/** How a call ended for its client. */
export type Ending = {
  /** Undefined: the answer was delivered whole. */
  error?: unknown;
  /** HTTP status that the client saw; null: none, as for batch items and clients that left before the answer. */
  status: number | null;
  /** The usage that the provider reported, null where it did not; undefined: nothing was answered. */
  usage?: ChatUsage | null;
  /** Counted here, for when the provider reported nothing. */
  estimate?: () => ChatUsage;
  /** The last piece of opaque reasoning state in the answer. Absent: there was none. */
  state?: string | undefined;
};

/** What a settled call came to. */
export type Settlement = {
  row: UsageRow;
  outcome: Outcome;
  tokens: TokenCounts | null;
  estimated: boolean;
  /** On `performance.now()`'s clock. */
  endedAtMs: number;
  /** In US dollars, as a decimal string; null: unknown. */
  costUsd: string | null;
};

/**
 * Closes the books of a call: the last attempt gets its end, tokens and cost, and everything becomes one row. Failed
 * attempts cost nothing unless tokens were seen. Pure but for the attempts, which it completes.
 */
export function settleCall(call: Call, ending: Ending, nowMs: number, now: Date): Settlement {
  const last = call.attempts.at(-1);
  const answered = ending.usage !== undefined && last !== undefined;
  const usage = answered ? (ending.usage ?? ending.estimate?.() ?? null) : usageOfParts(call, last);
  const estimated = answered && !ending.usage && usage !== null;
  if (last && (last.outcome === null || (answered && ending.error !== undefined))) endAttempt(last, ending.error);
  if (last && usage) {
    last.tokens = countTokens(usage);
    // Vendors that charge by the hour go by the end of a request.
    const cost = costOf(billedTokens(usage) ?? last.tokens, priceAt(last.entry.price, now));
    last.priceVersion = cost === null ? null : last.entry.priceVersion;
    // A price that is known wins; where there is none, what the provider says that it charged is better than nothing.
    last.costNanoUsd = cost ?? usage[REPORTED_COST_NANO_USD] ?? null;
  }
  const outcome = ending.error === undefined ? 'success' : outcomeOf(ending.error);
  const tokens = last?.tokens ?? null;
  const row = usageRow(call, ending, { outcome, estimated, tokens, last, nowMs, now });
  const costUsd = row.costNanoUsd === null ? null : formatUsd(row.costNanoUsd);
  return { row, outcome, tokens, estimated, endedAtMs: nowMs, costUsd };
}

/** What a request for embeddings used before one of its calls failed: the others were answered, and are paid for. */
function usageOfParts(call: Call, last: Attempt | undefined): ChatUsage | null {
  const parts = (last && call.kind === 'embeddings' && call.finished.get(last.entry.deployment.id)) || [];
  const tokens = Object.values(parts).reduce((sum, { promptTokens }) => sum + (promptTokens ?? 0), 0);
  return tokens === 0 ? null : inputUsage(tokens);
}

type RowParts = {
  outcome: Outcome;
  estimated: boolean;
  tokens: TokenCounts | null;
  last: Attempt | undefined;
  nowMs: number;
  now: Date;
};

function usageRow(call: Call, ending: Ending, { outcome, estimated, tokens, last, nowMs, now }: RowParts): UsageRow {
  const deployment = last?.entry.deployment;
  const firstTokenMs = last?.ttftMs == null ? null : last.startedAtMs + last.ttftMs - call.startedAtMs;
  return {
    ts: now,
    id: call.requestId,
    keyId: call.key.id,
    project: call.key.project,
    mode: call.mode === 'sync' ? 'live' : call.mode,
    route: call.route,
    modelId: deployment?.id ?? call.model,
    connection: deployment?.connection ?? null,
    provider: deployment?.provider.id ?? null,
    upstreamModel: deployment?.target.upstreamModel ?? null,
    outcome,
    status: ending.status,
    errorCode: ending.error === undefined ? null : codeOf(ending.error),
    ...sumTokens(tokens),
    estimated,
    costNanoUsd: tokens ? (last?.costNanoUsd ?? null) : 0,
    priceVersion: last?.priceVersion ?? null,
    unpriced: tokens !== null && last?.costNanoUsd === null,
    attempts: call.attempts.map(storedAttempt),
    ttftMs: firstTokenMs === null ? null : Math.round(firstTokenMs),
    durationMs: Math.max(0, Math.round(nowMs - call.startedAtMs)),
    batchId: call.batchId ?? null,
  };
}

function storedAttempt(attempt: Attempt): UsageAttempt {
  const { entry, tokens } = attempt;
  const sums = sumTokens(tokens);
  return {
    deployment: entry.deployment.id,
    provider: entry.deployment.provider.id,
    outcome: attempt.outcome ?? 'error',
    status: attempt.status,
    started_at: attempt.startedAt.toISOString(),
    ttft_ms: attempt.ttftMs === null ? null : Math.round(attempt.ttftMs),
    duration_ms: Math.max(0, Math.round(attempt.durationMs ?? 0)),
    usage: tokens && {
      input_tokens: sums.inputTokens,
      cached_input_tokens: sums.cachedInputTokens,
      cache_write_tokens: sums.cacheWriteTokens,
      output_tokens: sums.outputTokens,
      reasoning_tokens: sums.reasoningTokens,
    },
    cost_nano_usd: attempt.costNanoUsd,
    error_code: attempt.errorCode,
  };
}

function sumTokens(tokens: TokenCounts | null) {
  if (!tokens) {
    return {
      inputTokens: null,
      cachedInputTokens: null,
      cacheWriteTokens: null,
      outputTokens: null,
      reasoningTokens: null,
    };
  }
  const written = tokens.cacheWrite + tokens.cacheWrite1h;
  return {
    inputTokens: tokens.uncachedInput + tokens.cachedInput + written,
    cachedInputTokens: tokens.cachedInput,
    cacheWriteTokens: written,
    outputTokens: tokens.response + tokens.reasoning,
    reasoningTokens: tokens.reasoning,
  };
}
