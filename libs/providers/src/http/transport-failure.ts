import type { ErrorCode } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import { errors } from 'undici';
import { AddressNotAllowedError } from './address-guard.ts';
import { BodyTooLargeError } from './exchange.ts';

type Verdict = { code: ErrorCode; retryable: boolean; message: string };

/**
 * Puts a transport error into our taxonomy. The messages are ours: socket errors name addresses and ports that are
 * nobody's business. Timeouts are not tried again on the same deployment: the wait has been long enough.
 */
function judge(error: unknown): Verdict {
  if (error instanceof AddressNotAllowedError) {
    return { code: 'address_not_allowed', retryable: false, message: 'the address is private' };
  }
  if (error instanceof BodyTooLargeError) {
    return { code: 'provider_bad_answer', retryable: false, message: 'the answer is too large' };
  }
  if (error instanceof errors.HeadersTimeoutError) {
    return { code: 'provider_timeout', retryable: false, message: 'no answer in time' };
  }
  if (error instanceof errors.BodyTimeoutError) {
    return { code: 'provider_stalled', retryable: false, message: 'the answer stopped in the middle' };
  }
  if (error instanceof errors.HTTPParserError || error instanceof errors.ResponseContentLengthMismatchError) {
    return { code: 'provider_bad_answer', retryable: true, message: 'the answer is no valid HTTP' };
  }
  if (error instanceof errors.HeadersOverflowError) {
    return { code: 'provider_bad_answer', retryable: false, message: 'the headers of the answer are too large' };
  }
  return { code: 'provider_unreachable', retryable: true, message: 'the connection failed' };
}

/** An upstream failure for a transport error; what is one already, and the caller's own reasons, pass through. */
export function transportFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof UpstreamFailureError) return error;
  const { code, retryable, message } = judge(error);
  return new UpstreamFailureError({ code, retryable, upstream: { status: null, code: null, message } });
}
