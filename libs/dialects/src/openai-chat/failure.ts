import type { ErrorCode } from '@parley/contracts';
import type { HeaderMap, UpstreamFailure } from '../dialect.ts';
import { readRetryAfterMs } from '../retry-after.ts';
import { scrubSecrets } from '../scrub.ts';
import { readErrorParts, type ErrorParts } from './error-parts.ts';

const MAX_DETAIL_CHARS = 500;

/** Holds where the status is one of these (absent: any) and the words are found in code, type and message. */
type Rule = { code: ErrorCode; statuses?: readonly number[]; said?: RegExp };

const REFUSALS = [400, 403, 404, 413, 422];

/**
 * What failures mean, the first rule that holds. The class comes from the words where the status alone would mislead: a
 * bad key is 400 at one vendor, an unknown model 400 at another, used-up credits 429 or 403. There is no common code for
 * any of them. An error inside a 200 may have no status: then only rules with words apply to it.
 */
const RULES: readonly Rule[] = [
  { code: 'provider_credits_exhausted', statuses: [402] },
  {
    code: 'provider_credits_exhausted',
    said: /insufficient[_ ](?:quota|balance|credits?|funds)|exceeded_current_quota_error|requires more credits|credit balance|(?:out of|no|all available|included) credits|spending limit|billing_(?:hard_limit|not_active)|key limit exceeded|payment_required|arrearage/i,
  },
  {
    code: 'context_length_exceeded',
    statuses: REFUSALS,
    said: /context.?length|maximum (?:context|prompt)|(?:context|prompt) (?:size|window)|too[_ ]many[_ ](?:prompt[_ ])?tokens|prompt (?:is )?too long|prompt exceeds|exceeded model token limit|tokens_limit_reached|too large for model|range of input length|must be <= \d+/i,
  },
  {
    code: 'content_filtered',
    statuses: REFUSALS,
    said: /content_filter|content_policy|content management policy|ResponsibleAIPolicy|data_inspection_failed|content exists risk|content violates|input was flagged/i,
  },
  {
    code: 'model_not_found',
    statuses: REFUSALS,
    said: /model_?not_?(?:found|available|supported)|invalid_model|unknown_model|DeploymentNotFound|\bmodel\b.{0,160}(?:not exist|not found|decommissioned|does not have access)|(?:unknown|no such|invalid) model\b|not a valid model|no endpoints found|does not have access to model/is,
  },
  { code: 'provider_auth_failed', statuses: [401, 403] },
  { code: 'provider_auth_failed', said: /(?:incorrect|invalid|missing|no|wrong)[_ ]?api[_ ]?key|api key not valid/i },
  { code: 'provider_rate_limited', statuses: [429] },
  { code: 'provider_rate_limited', said: /rate_limit|RateLimitReached|too_many_requests/i },
  { code: 'model_not_found', statuses: [404] },
  { code: 'request_too_large', statuses: [413] },
  // 408 and 409 as OpenAI's SDK repeats them; 498: Groq's flex capacity is used up.
  { code: 'provider_unavailable', statuses: [408, 409, 425, 498] },
];

function classify(status: number | null, { code, type, message }: ErrorParts): ErrorCode {
  const words = `${code ?? ''} ${type ?? ''} ${message ?? ''}`;
  const rule = RULES.find(({ statuses, said }) => {
    if (statuses && status !== null && !statuses.includes(status)) return false;
    return said ? said.test(words) : status !== null;
  });
  if (rule) return rule.code;
  if (status === null || status >= 500) return 'provider_unavailable';
  return status >= 400 ? 'provider_refused_request' : 'provider_bad_answer';
}

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
