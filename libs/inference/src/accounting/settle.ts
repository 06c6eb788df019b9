import { REPORTED_COST_NANO_USD, type ChatUsage } from '@parley/contracts';
import type { UsageAttempt, UsageRow } from '@parley/persistence';
import { sumUsage, type PaidCall } from '@parley/providers';
import type { Attempt, Call, Outcome } from '../engine/call.ts';
import { endAttempt } from '../engine/attempt.ts';
import { codeOf, outcomeOf } from '../resilience/verdict.ts';
import { costOf, formatUsd, priceAt, type Price, type TokenCounts } from './price.ts';
import { billedTokens, countTokens } from './token-counts.ts';

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
 * Closes the books of a call: the last attempt gets its end, every attempt its tokens and cost, and everything becomes one
 * row. Failed attempts cost nothing unless tokens were seen. Pure but for the attempts, which it completes.
 */
export function settleCall(call: Call, ending: Ending, nowMs: number, now: Date): Settlement {
  const last = call.attempts.at(-1);
  const answered = ending.usage !== undefined && last !== undefined;
  if (last && (last.outcome === null || (answered && ending.error !== undefined))) endAttempt(last, ending.error);
  const paid = call.attempts.flatMap((attempt) => {
    const calls = attempt.paid ?? (attempt === last ? paidByLast(ending) : []);
    chargeAttempt(attempt, calls, now);
    return calls;
  });
  const outcome = ending.error === undefined ? 'success' : outcomeOf(ending.error);
  const tokens = tokensOf(paid);
  const estimated = paid.some(({ isEstimated }) => isEstimated);
  const row = usageRow(call, ending, { outcome, estimated, tokens, last, nowMs, now });
  const costUsd = row.costNanoUsd === null ? null : formatUsd(row.costNanoUsd);
  return { row, outcome, tokens, estimated, endedAtMs: nowMs, costUsd };
}

/** What the last attempt used, where it was not made of several calls. */
function paidByLast({ usage, estimate }: Ending): PaidCall[] {
  if (usage) return [{ usage, isEstimated: false }];
  return usage === null && estimate ? [{ usage: estimate(), isEstimated: true }] : [];
}

/** Each call by itself: of a price with tiers the length of one prompt decides. */
function chargeAttempt(attempt: Attempt, paid: readonly PaidCall[], now: Date): void {
  attempt.tokens = tokensOf(paid);
  if (!attempt.tokens) return;
  const { price, priceVersion } = attempt.entry;
  const costs = paid.map(({ usage }) => costOfCall(usage, price, now));
  attempt.priceVersion = costs.every(({ isByPrice }) => isByPrice) ? priceVersion : null;
  attempt.costNanoUsd = sumCosts(costs.map(({ nanoUsd }) => nanoUsd));
}

function costOfCall(usage: ChatUsage, price: Price | null, now: Date) {
  // Vendors that charge by the hour go by the end of a request.
  const cost = costOf(billedTokens(usage) ?? countTokens(usage), priceAt(price, now));
  // A price that is known wins; where there is none, what the provider says that it charged is better than nothing.
  return { isByPrice: cost !== null, nanoUsd: cost ?? usage[REPORTED_COST_NANO_USD] ?? null };
}

/** Null: one of them is not known, so that the sum is not either. */
const sumCosts = (costs: readonly (number | null)[]): number | null =>
  costs.reduce((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);

function tokensOf(paid: readonly PaidCall[]): TokenCounts | null {
  const [first, ...others] = paid.map(({ usage }) => usage);
  return first ? countTokens(sumUsage([first, ...others])) : null;
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
  const charged = call.attempts.filter((attempt) => attempt.tokens !== null);
  const costNanoUsd = sumCosts(charged.map((attempt) => attempt.costNanoUsd));
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
    costNanoUsd,
    priceVersion: last?.priceVersion ?? null,
    unpriced: costNanoUsd === null,
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
