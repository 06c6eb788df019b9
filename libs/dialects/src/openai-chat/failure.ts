import type { ErrorCode } from '@parley/contracts';
import type { HeaderMap, UpstreamFailure } from '../dialect.ts';
import { readRetryAfterMs } from '../retry-after.ts';
import { scrubSecrets } from '../scrub.ts';
import { readErrorParts, type ErrorParts } from './error-parts.ts';
import { classify } from './failure-rules.ts';

const MAX_DETAIL_CHARS = 500;

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['provider_rate_limited', 'provider_unavailable']);

/** Reads an error answer. */
export function decodeFailure(status: number, headers: HeaderMap, body: unknown): UpstreamFailure {
  const parts = readErrorParts(body);
  const failure = describeFailure(classify(status, parts), status, parts);
  const retryAfterMs = readRetryAfterMs(headers);
  return {
    ...failure,
    retryable: failure.retryable && headers['x-should-retry'] !== 'false',
    ...(retryAfterMs !== undefined && RETRYABLE.has(failure.code) && { retryAfterMs }),
  };
}

/** An error object inside a 200 body or stream. The status that it names is the one it would have had. */
export function decodeEmbeddedFailure(body: unknown): UpstreamFailure {
  const parts = readErrorParts(body);
  const status = parts.status ?? (parts.type === 'invalid_request_error' ? 400 : null);
  return { ...describeFailure(classify(status, parts), status ?? 500, parts), retryable: false };
}

function describeFailure(code: ErrorCode, status: number, parts: ErrorParts): UpstreamFailure {
  return {
    code,
    retryable: RETRYABLE.has(code),
    ...(parts.param && { param: parts.param }),
    upstream: {
      status,
      code: parts.code ?? parts.type,
      message: parts.message && scrubSecrets(parts.message).slice(0, MAX_DETAIL_CHARS),
    },
  };
}

/** An answer or chunk that is none but an error. */
export const isFailure = (answer: { error?: unknown; object?: unknown }): boolean =>
  Boolean(answer.error) || answer.object === 'error';

/** OpenRouter tells in a choice, or by its finish, that the model broke off; undefined: it did not. */
export function failureOfChoice(choice: unknown): UpstreamFailure | undefined {
  if (typeof choice !== 'object' || choice === null) return undefined;
  const { error, finish_reason: finish } = choice as { error?: unknown; finish_reason?: unknown };
  if (!error && finish !== 'error') return undefined;
  return decodeEmbeddedFailure({ error: error || 'the model broke off with an error' });
}
