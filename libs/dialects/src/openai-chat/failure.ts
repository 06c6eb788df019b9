import type { ErrorCode } from '@parley/contracts';
import type { HeaderMap, UpstreamFailure } from '../dialect.ts';
import { readRetryAfterMs } from '../retry-after.ts';
import { scrubSecrets } from '../scrub.ts';

const MAX_DETAIL_CHARS = 500;

/** What a compatible provider's error body says, whatever its shape: an object, a string, FastAPI's `detail`. */
type ErrorParts = { message: string | null; code: string | null; type: string | null; param: string | null };

const text = (value: unknown): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;

function readParts(body: unknown): ErrorParts {
  const none: ErrorParts = { message: null, code: null, type: null, param: null };
  if (typeof body !== 'object' || body === null) return none;
  const { error, code, detail, message } = body as Record<string, unknown>;
  if (typeof error === 'object' && error !== null) {
    const inner = error as Record<string, unknown>;
    return { message: text(inner.message), code: text(inner.code), type: text(inner.type), param: text(inner.param) };
  }
  return { ...none, message: text(error) ?? text(detail) ?? text(message), code: text(code) };
}

const CONTEXT_TOO_LONG = /context.?length|maximum context|too[ _]many[ _](prompt[ _])?tokens|prompt (is )?too long/i;
/** A chat model asked for embeddings, or the other way round: a 403 that says nothing about the key. */
const WRONG_KIND = /not allowed to (?:generate embeddings|sample) from this model/i;
const BAD_KEY = /incorrect api key|invalid api key|invalid_api_key/i;

function classify(status: number, { message, code, type }: ErrorParts): ErrorCode {
  const said = `${code ?? ''} ${type ?? ''} ${message ?? ''}`;
  if (status === 403 && WRONG_KIND.test(said)) return 'provider_refused_request';
  if (status === 401 || status === 403 || (status === 400 && BAD_KEY.test(said))) return 'provider_auth_failed';
  if (status === 402 || code === 'insufficient_quota' || type === 'insufficient_quota')
    return 'provider_credits_exhausted';
  if (status === 429) return 'provider_rate_limited';
  if (status === 404) return 'model_not_found';
  if (status === 400 || status === 413 || status === 422) {
    if (code === 'model_not_found') return 'model_not_found';
    if (CONTEXT_TOO_LONG.test(said)) return 'context_length_exceeded';
    if (code === 'content_filter' || code === 'content_policy_violation') return 'content_filtered';
    return status === 413 ? 'request_too_large' : 'provider_refused_request';
  }
  if (status === 408 || status === 409 || status >= 500) return 'provider_unavailable';
  return status >= 400 ? 'provider_refused_request' : 'provider_bad_answer';
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['provider_rate_limited', 'provider_unavailable']);

/** Reads an error answer. The class comes from the body where the status alone would mislead (PROVIDERS: errors). */
export function decodeFailure(status: number, headers: HeaderMap, body: unknown): UpstreamFailure {
  const parts = readParts(body);
  const code = classify(status, parts);
  const advice = headers['x-should-retry'];
  const retryAfterMs = readRetryAfterMs(headers);
  return {
    code,
    retryable: advice === 'false' ? false : RETRYABLE.has(code),
    ...(retryAfterMs !== undefined && RETRYABLE.has(code) && { retryAfterMs }),
    ...(parts.param !== null && parts.param !== '' && { param: parts.param }),
    upstream: {
      status,
      code: parts.code ?? parts.type,
      message: parts.message && scrubSecrets(parts.message).slice(0, MAX_DETAIL_CHARS),
    },
  };
}

/** An error object inside a 200 body or stream. Its numeric `code`, where it has one, is the status it would have had. */
export function decodeEmbeddedFailure(body: unknown): UpstreamFailure {
  const { code, type } = readParts(body);
  const status = /^[45]\d\d$/.test(code ?? '') ? Number(code) : type === 'invalid_request_error' ? 400 : 500;
  return { ...decodeFailure(status, {}, body), retryable: false };
}
