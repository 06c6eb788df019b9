import { ERRORS, type ErrorCode } from '@parley/contracts';
import { UpstreamFailureError, type HeaderMap, type UpstreamFailure } from './dialect.ts';
import { readRetryAfterMs } from './retry-after.ts';
import { scrubSecrets } from './scrub.ts';

const MAX_MESSAGE_CHARS = 500;
/** No honest message is longer; an error page may be. */
const MAX_SCRUBBED_CHARS = 5000;

const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'provider_auth_failed',
  402: 'provider_credits_exhausted',
  403: 'provider_auth_failed',
  404: 'model_not_found',
  408: 'provider_unavailable',
  413: 'request_too_large',
  429: 'provider_rate_limited',
};

/** What a status means where the body does not tell more. */
export function codeOfStatus(status: number): ErrorCode {
  if (status < 400) return 'provider_bad_answer';
  return CODES_BY_STATUS[status] ?? (status < 500 ? 'provider_refused_request' : 'provider_unavailable');
}

/** A failure in our taxonomy, the provider's words scrubbed and shortened. */
export function describeFailure(
  code: ErrorCode,
  said: { status: number | null; code?: string; message?: string },
  headers: HeaderMap = {},
): UpstreamFailure {
  const { retryable } = ERRORS[code];
  const retryAfterMs = retryable ? readRetryAfterMs(headers) : undefined;
  return {
    code,
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    upstream: { status: said.status, code: said.code ?? null, message: said.message ? shorten(said.message) : null },
  };
}

/** An answer that cannot be read as its dialect. `detail` is ours, for the reader of a log. */
export function unreadableAnswer(detail: string, code?: string): UpstreamFailureError {
  return new UpstreamFailureError(describeFailure('provider_bad_answer', { status: 200, code, message: detail }));
}

/** A stream that stopped before its end. */
export function incompleteAnswer(): UpstreamFailureError {
  const message = 'the stream ended before the answer was complete';
  return new UpstreamFailureError(describeFailure('upstream_incomplete', { status: 200, message }));
}

function shorten(message: string): string {
  const scrubbed = scrubSecrets(message.slice(0, MAX_SCRUBBED_CHARS));
  return scrubbed.length <= MAX_MESSAGE_CHARS ? scrubbed : `${scrubbed.slice(0, MAX_MESSAGE_CHARS - 1)}…`;
}
