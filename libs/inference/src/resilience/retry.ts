import { UpstreamFailureError } from '@parley/dialects';
import type { Invoke } from '../engine/call.ts';
import type { RetryBudget } from './retry-budget.ts';

const MAX_ATTEMPTS = 3;
const BASE_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 8000;
/** A provider that asks for more patience than this is left for the next deployment, or for the caller to wait. */
const MAX_RETRY_AFTER_MS = 15_000;

export type RetryTimes = {
  /** From the provider's Retry-After. */
  retryAfterMs: number | undefined;
  /** What is left of the call's deadline. */
  remainingMs: number;
};

/**
 * How long to wait before the next attempt, or undefined when there is no room for one. Pure: the caller brings the
 * randomness. `attempt` counts from 1.
 */
export function retryDelayMs(
  attempt: number,
  { retryAfterMs, remainingMs }: RetryTimes,
  random: () => number,
): number | undefined {
  if (attempt >= MAX_ATTEMPTS) return undefined;
  if (retryAfterMs !== undefined && retryAfterMs > MAX_RETRY_AFTER_MS) return undefined;
  // Full jitter: callers that failed together must not come back together.
  const backoffMs = Math.min(MAX_BACKOFF_MS, BASE_BACKOFF_MS * 2 ** (attempt - 1)) * random();
  // Asking sooner than the provider said only earns another refusal.
  const delayMs = Math.max(backoffMs, retryAfterMs ?? 0);
  return delayMs < remainingMs ? delayMs : undefined;
}

export type RetryTools = {
  budget: RetryBudget;
  random: () => number;
  /** Monotonic, in milliseconds. */
  now: () => number;
  /** Rejects with the signal's reason when the caller gives up. */
  sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  onRetry: (provider: string, error: UpstreamFailureError) => void;
};

/** Asks the same deployment again after failures that pass by themselves. Only ever before a stream's answer has begun. */
export function withRetry(invoke: Invoke, { budget, random, now, sleep, onRetry }: RetryTools): Invoke {
  return async (call, entry) => {
    const { connection, provider } = entry.deployment;
    budget.deposit(connection);
    for (let attempt = 1; ; attempt++) {
      try {
        return await invoke(call, entry);
      } catch (error) {
        if (!(error instanceof UpstreamFailureError) || !error.failure.retryable || call.signal.aborted) throw error;
        const times = { retryAfterMs: error.failure.retryAfterMs, remainingMs: call.deadlineAtMs - now() };
        const delayMs = retryDelayMs(attempt, times, random);
        if (delayMs === undefined || !budget.withdraw(connection)) throw error;
        onRetry(provider.id, error);
        await sleep(delayMs, call.signal);
      }
    }
  };
}
