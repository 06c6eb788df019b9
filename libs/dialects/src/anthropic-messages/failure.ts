import { ERRORS, type ErrorCode, type UpstreamDetail } from '@parley/contracts';
import type { HeaderMap, UpstreamFailure } from '../dialect.ts';
import { readRetryAfterMs } from '../retry-after.ts';
import { scrubSecrets } from '../scrub.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';

const MAX_MESSAGE_CHARS = 500;
/** No honest message is longer; an error page may be. */
const MAX_SCRUBBED_CHARS = 5000;
const MAX_DETAILS_CHARS = 2000;

/** Source: https://docs.claude.com/en/api/errors */
const CODES_BY_TYPE: ReadonlyMap<string | null, ErrorCode> = new Map([
  ['authentication_error', 'provider_auth_failed'],
  ['permission_error', 'provider_auth_failed'],
  ['billing_error', 'provider_credits_exhausted'],
  ['rate_limit_error', 'provider_rate_limited'],
  ['overloaded_error', 'provider_unavailable'],
  ['api_error', 'provider_unavailable'],
  ['timeout_error', 'provider_unavailable'],
  ['request_too_large', 'request_too_large'],
]);

/** Causes that Anthropic tells apart by words only, all of them under `invalid_request_error`. */
const CODES_BY_TEXT: readonly [pattern: RegExp, code: ErrorCode][] = [
  [
    /prompt is too long|exceeds? (the )?(model's )?(maximum )?context (limit|window|length)/i,
    'context_length_exceeded',
  ],
  [/credit balance is too low/i, 'provider_credits_exhausted'],
  [/blocked by content filtering/i, 'content_filtered'],
];

const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'provider_auth_failed',
  402: 'provider_credits_exhausted',
  403: 'provider_auth_failed',
  408: 'provider_unavailable',
  413: 'request_too_large',
  429: 'provider_rate_limited',
};

/** Fields that a message may begin with: `messages.0.role: ...`. */
const NAMED_PARAM =
  /^((?:messages|model|max_tokens|system|tools|tool_choice|temperature|top_[pk]|stop_sequences|stream|thinking|output_config|metadata|service_tier|container|context_management|mcp_servers)(?:\.[\w-]+)*): /;

/** Hub names of fields that Anthropic calls otherwise. */
const HUB_NAMES: Readonly<Record<string, string>> = {
  stop_sequences: 'stop',
  'output_config.effort': 'reasoning_effort',
  'metadata.user_id': 'user',
};

/** Classifies a refused or failed call. Never throws: the body may be anything. */
export function decodeFailure(status: number, headers: HeaderMap, body: unknown): UpstreamFailure {
  const failure = classify(status, body);
  const retryAfterMs = readRetryAfterMs(headers);
  // Anthropic's own verdict, meant for its SDKs.
  const verdict = headers['x-should-retry'];
  return {
    ...failure,
    ...(verdict === 'true' && { retryable: true }),
    ...(verdict === 'false' && { retryable: false }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** Classifies an error that came inside a 200 answer or stream. */
export function decodeInBandFailure(body: unknown): UpstreamFailure {
  return classify(null, body);
}

/** An answer that cannot be read as this dialect. `detail` is ours, for the reader of a log. */
export function badAnswer(detail: string): UpstreamFailure {
  const upstream = { status: null, code: null, message: detail };
  return { code: 'provider_bad_answer', retryable: ERRORS.provider_bad_answer.retryable, upstream };
}

/** A stream that stopped before its end. */
export function incompleteAnswer(): UpstreamFailure {
  const upstream = { status: null, code: null, message: null };
  return { code: 'upstream_incomplete', retryable: ERRORS.upstream_incomplete.retryable, upstream };
}

function classify(status: number | null, body: unknown): UpstreamFailure {
  const { type, message, details } = readError(body);
  const code = codeOf(status, type, message ?? '');
  const param = message === null ? undefined : NAMED_PARAM.exec(message)?.[1];
  return {
    code,
    retryable: ERRORS[code].retryable,
    ...(param !== undefined && { param: HUB_NAMES[param] ?? param }),
    upstream: { status, code: type, message: message === null ? null : shorten(message), ...details },
  };
}

type AnthropicError = { type: string | null; message: string | null; details?: Pick<UpstreamDetail, 'details'> };

function readError(answer: unknown): AnthropicError {
  // Google wraps the error of a stream in a list, Claude's on Vertex too.
  const body: unknown = Array.isArray(answer) ? answer[0] : answer;
  if (typeof body === 'string') return { type: null, message: body === '' ? null : body };
  if (!isObject(body)) return { type: null, message: null };
  const error = body['error'];
  if (typeof error === 'string') return { type: null, message: error };
  if (!isObject(error)) return { type: null, message: textOr(body['message'], null) };
  return {
    type: textOr(error['type'], null),
    message: textOr(error['message'], null),
    details: readDetails(error['details']),
  };
}

/** Anthropic's SDKs decide by `error_code` in them. What is no plain object, or very large, is left out. */
function readDetails(details: unknown): Pick<UpstreamDetail, 'details'> {
  if (!isObject(details)) return {};
  try {
    const text = JSON.stringify(details);
    return text.length > MAX_DETAILS_CHARS ? {} : { details: JSON.parse(scrubSecrets(text)) as JsonObject };
  } catch {
    return {};
  }
}

function codeOf(status: number | null, type: string | null, message: string): ErrorCode {
  const byText = CODES_BY_TEXT.find(([pattern]) => pattern.test(message));
  if (byText) return byText[1];
  if (type === 'not_found_error' || (type === null && status === 404)) {
    return /\bmodel\b/i.test(message) ? 'model_not_found' : 'provider_refused_request';
  }
  // Of a plain refusal the status says more; inside a 200 there is none.
  if (type === 'invalid_request_error') return codeOfStatus(status ?? 400);
  return CODES_BY_TYPE.get(type) ?? codeOfStatus(status);
}

function codeOfStatus(status: number | null): ErrorCode {
  if (status === null || status < 400) return 'provider_bad_answer';
  return CODES_BY_STATUS[status] ?? (status < 500 ? 'provider_refused_request' : 'provider_unavailable');
}

function shorten(message: string): string {
  const scrubbed = scrubSecrets(message.slice(0, MAX_SCRUBBED_CHARS));
  return scrubbed.length <= MAX_MESSAGE_CHARS ? scrubbed : `${scrubbed.slice(0, MAX_MESSAGE_CHARS - 1)}…`;
}
