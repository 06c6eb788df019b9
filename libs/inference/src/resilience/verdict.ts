import { GatewayError, type ErrorCode } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import type { Outcome } from '../engine/call.ts';

/** Whose fault a failure is, as the metrics and the ledger count it. */
export function outcomeOf(error: unknown): Outcome {
  const code = codeOf(error);
  if (code === 'client_closed_request') return 'cancelled';
  return CALLERS_FAULT.has(code) ? 'rejected' : 'error';
}

export function codeOf(error: unknown): ErrorCode {
  if (error instanceof UpstreamFailureError) return error.failure.code;
  return error instanceof GatewayError ? error.code : 'internal_error';
}

const CALLERS_FAULT: ReadonlySet<ErrorCode> = new Set([
  'invalid_request',
  'invalid_json',
  'unsupported_parameter',
  'context_length_exceeded',
  'content_filtered',
  'provider_refused_request',
  'request_too_large',
  'invalid_api_key',
  'budget_exceeded',
  'admin_required',
  'model_not_allowed',
  'model_not_found',
  'model_unavailable',
  'rate_limit_exceeded',
]);

/** Failures that another deployment would repeat, or that nobody waits for any more. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'invalid_request',
  'content_filtered',
  'client_closed_request',
  'deadline_exceeded',
  'server_shutting_down',
]);

/** Whether the next deployment of the plan may be asked after this failure. */
export const mayFallBack = (error: unknown): boolean => !FINAL.has(codeOf(error));

/**
 * Whether a failure speaks against the deployment's health. Refusals of a request do not, nor does a rate limit: the
 * provider is well and says so.
 */
export function isUnhealthy(error: unknown): boolean {
  const code = codeOf(error);
  return UNHEALTHY.has(code);
}

const UNHEALTHY: ReadonlySet<ErrorCode> = new Set([
  'provider_unreachable',
  'provider_unavailable',
  'provider_bad_answer',
  'provider_timeout',
  'provider_stalled',
  'upstream_incomplete',
]);

/** An upstream failure as the error that the caller sees; other errors stay what they are. */
export function toGatewayError(error: unknown, provider: string, model: string): unknown {
  if (!(error instanceof UpstreamFailureError)) return error;
  const { code, param, retryAfterMs, upstream } = error.failure;
  const { message: detail, details, ...facts } = upstream;
  const isShown = CONCERNS_CALLER.has(code);
  return new GatewayError(
    code,
    {
      provider,
      ...(param !== undefined && { param }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      values: { provider, model, ...(detail !== null && SHOWS_DETAIL.has(code) && { detail }) },
      upstream: { ...facts, message: isShown ? detail : null, ...(isShown && details && { details }) },
    },
    { cause: error },
  );
}

/** Elsewhere a provider's words speak to us and may name what is nobody's business: they go to the log only. */
const CONCERNS_CALLER: ReadonlySet<ErrorCode> = new Set([
  'provider_refused_request',
  'context_length_exceeded',
  'content_filtered',
  'model_not_found',
  'provider_rate_limited',
  'provider_credits_exhausted',
]);

/** What the provider itself said about a failure, scrubbed: for the log. */
export function upstreamWords(error: unknown): string | null {
  const cause = error instanceof GatewayError ? error.cause : error;
  return cause instanceof UpstreamFailureError ? cause.failure.upstream.message : null;
}

/** Where the provider's own words help the caller to mend the request. */
const SHOWS_DETAIL: ReadonlySet<ErrorCode> = new Set(['provider_refused_request', 'context_length_exceeded']);
