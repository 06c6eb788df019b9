import { BATCH_STATUSES, ERRORS, ERROR_CODES, QUEUES } from '@parley/contracts';
import type { Metrics } from './metrics.ts';

/** How a call reached its caller. */
export const MODES = ['stream', 'sync', 'batch'] as const;
/** `error` is our fault or the provider's, `rejected` the caller's, `cancelled` a hang-up. Ratios use the first two only. */
export const OUTCOMES = ['success', 'error', 'rejected', 'cancelled'] as const;
export const STREAM_END_REASONS = ['complete', 'client_disconnect', 'upstream_error', 'timeout', 'drain'] as const;
/** A value of `parley_circuit_state` is the index of the state here. */
export const CIRCUIT_STATES = ['closed', 'half-open', 'open'] as const;
/** The kinds of tokens per direction. They do not overlap: cached input is not counted as uncached, nor reasoning as response. */
export const TOKEN_KINDS = {
  input: ['uncached', 'cache_read', 'cache_write'],
  output: ['response', 'reasoning'],
} as const;
export const RATE_LIMIT_SCOPES = ['global', 'address', 'key', 'provider', 'model'] as const;
export const RATE_LIMIT_KINDS = ['rpm', 'tpm', 'concurrency'] as const;
export const AUTH_FAILURE_REASONS = ['missing', 'unknown', 'disabled', 'expired'] as const;
/** The states of a job that still has work ahead, and `failed`. */
export const JOB_STATES = ['waiting', 'prioritized', 'active', 'delayed', 'failed'] as const;
/** A stalled job runs again; the others ended. Jobs are never retried: the next one finds the work that is left. */
export const JOB_OUTCOMES = ['completed', 'failed', 'stalled'] as const;
export const BATCH_ITEM_OUTCOMES = ['completed', 'failed', 'expired', 'cancelled'] as const;

/** The codes of failures that are not the caller's doing, which is what alerts look at. */
const FAULT_CODES = ERROR_CODES.filter((code) => ERRORS[code].status >= 500 || code.startsWith('provider_'));
const RETRYABLE_CODES = ERROR_CODES.filter((code) => ERRORS[code].retryable);
/** 200 and every status that is an alert. */
const EDGE_STATUSES = [
  200,
  ...new Set(ERROR_CODES.map((code) => ERRORS[code].status).filter((status) => status >= 500)),
];

export type BoundedLabels = {
  /** Slugs of the configured providers; `none` is added. */
  providers: readonly string[];
  /** Route templates of the data plane. */
  routes: readonly { route: string; method: string }[];
};

/**
 * Exports every series of a bounded label set at zero. `increase()` needs two points: without this the first error of a
 * new series goes unseen. Series with a model or with two providers are left to appear when used: they are too many.
 */
export function zeroInitialise(metrics: Metrics, { providers, routes }: BoundedLabels): void {
  for (const { route, method } of routes) {
    metrics.httpRequestsInFlight.inc({ route }, 0);
    for (const code of EDGE_STATUSES) metrics.httpRequests.inc({ route, method, code }, 0);
  }
  for (const provider of new Set([...providers, 'none'])) zeroInitialiseProvider(metrics, provider);
  for (const mode of MODES) metrics.overheadSeconds.zero({ mode });
  for (const reason of AUTH_FAILURE_REASONS) metrics.authFailures.inc({ reason }, 0);
  for (const scope of RATE_LIMIT_SCOPES) {
    for (const kind of RATE_LIMIT_KINDS) metrics.rateLimitRejections.inc({ scope, kind }, 0);
  }
  for (const queue of Object.values(QUEUES)) zeroInitialiseQueue(metrics, queue);
  for (const status of BATCH_STATUSES) metrics.batches.inc({ status }, 0);
  for (const outcome of BATCH_ITEM_OUTCOMES) metrics.batchItems.inc({ outcome }, 0);
}

function zeroInitialiseProvider(metrics: Metrics, provider: string): void {
  for (const code of FAULT_CODES) metrics.errors.inc({ provider, code }, 0);
  if (provider === 'none') return;
  metrics.streamsActive.inc({ provider }, 0);
  metrics.circuitState.inc({ provider }, 0);
  for (const reason of STREAM_END_REASONS) metrics.streamEnds.inc({ provider, reason }, 0);
  for (const reason of RETRYABLE_CODES) metrics.retries.inc({ provider, reason }, 0);
  for (const to of CIRCUIT_STATES) metrics.circuitTransitions.inc({ provider, to }, 0);
}

function zeroInitialiseQueue(metrics: Metrics, queue: string): void {
  metrics.queueOldestWaitingSeconds.inc({ queue }, 0);
  metrics.queueWaitSeconds.zero({ queue });
  for (const state of JOB_STATES) metrics.queueJobs.inc({ queue, state }, 0);
  for (const outcome of JOB_OUTCOMES) {
    metrics.jobs.inc({ queue, outcome }, 0);
    metrics.jobDurationSeconds.zero({ queue, outcome });
  }
}
