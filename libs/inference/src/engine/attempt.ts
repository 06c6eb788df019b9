import { UpstreamFailureError } from '@parley/dialects';
import type { ModelEntry } from '../configuration/deployments.ts';
import { codeOf, outcomeOf } from '../resilience/verdict.ts';
import type { Attempt } from './call.ts';

export function startAttempt(entry: ModelEntry): Attempt {
  return {
    entry,
    startedAt: new Date(),
    startedAtMs: performance.now(),
    outcome: null,
    status: null,
    errorCode: null,
    ttftMs: null,
    durationMs: null,
    tokens: null,
    costNanoUsd: null,
    priceVersion: null,
  };
}

/** Closes the books of one try. `error` undefined: it succeeded. */
export function endAttempt(attempt: Attempt, error: unknown): void {
  attempt.durationMs = performance.now() - attempt.startedAtMs;
  if (error === undefined) {
    attempt.outcome = 'success';
    attempt.status = 200;
    return;
  }
  attempt.outcome = outcomeOf(error);
  attempt.errorCode = codeOf(error);
  if (error instanceof UpstreamFailureError) attempt.status = error.failure.upstream.status;
}
