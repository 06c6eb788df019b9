import { ERRORS } from './errors.ts';
import type { AttemptSummary, ErrorCode, GatewayError, UpstreamDetail } from './errors.ts';
import { errorText, retryAfterSeconds } from './localize.ts';
import type { Locale } from './localize.ts';

/** What every route but the Anthropic- and Gemini-shaped ones answers when it fails: OpenAI's shape and some more. */
export type ErrorBody = {
  error: {
    /** In the caller's language. */
    message: string;
    type: string;
    code: ErrorCode;
    /** The request field at fault. */
    param: string | null;
    request_id: string;
    /** The provider at fault or asked last. */
    provider: string | null;
    retryable: boolean;
    /** Whole seconds. */
    retry_after: number | null;
    /** What to do, in the caller's language. */
    hint: string;
    /** The provider's own words, where it said something. */
    upstream?: UpstreamDetail;
    /** Every failed try, where several were made. */
    attempts?: AttemptSummary[];
  };
};

/** The body that tells an error to a client, in its language. The HTTP status is `error.status`. */
export function errorBody(error: GatewayError, locale: Locale, requestId: string): ErrorBody {
  const { param, provider, upstream, attempts } = error.details;
  const { message, hint } = errorText(error, locale);
  return {
    error: {
      message,
      type: ERRORS[error.code].type,
      code: error.code,
      param: param ?? null,
      request_id: requestId,
      provider: provider ?? null,
      retryable: error.retryable,
      retry_after: retryAfterSeconds(error),
      hint,
      ...(upstream && { upstream }),
      ...(attempts && { attempts }),
    },
  };
}
