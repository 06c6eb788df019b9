import { ERRORS, type ErrorCode } from '@parley/contracts';
import type { HeaderMap, UpstreamFailure } from '../dialect.ts';
import { readRetryAfterMs } from '../retry-after.ts';
import { scrubSecrets } from '../scrub.ts';
import { isObject, textOr } from '../json-values.ts';

const MAX_MESSAGE_CHARS = 500;
/** No honest message is longer; an error page may be. */
const MAX_SCRUBBED_CHARS = 5000;

/**
 * By kind of exception. In a stream the first letter is small. Sources:
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors and
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
 */
const CODES_BY_KIND: ReadonlyMap<string, ErrorCode> = new Map([
  ['AccessDeniedException', 'provider_auth_failed'],
  ['UnrecognizedClientException', 'provider_auth_failed'],
  ['ExpiredTokenException', 'provider_auth_failed'],
  ['InvalidSignatureException', 'provider_auth_failed'],
  ['IncompleteSignature', 'provider_auth_failed'],
  ['IncompleteSignatureException', 'provider_auth_failed'],
  ['InvalidClientTokenId', 'provider_auth_failed'],
  ['MissingAuthenticationTokenException', 'provider_auth_failed'],
  ['NotAuthorized', 'provider_auth_failed'],
  ['OptInRequired', 'provider_auth_failed'],
  ['RequestExpired', 'provider_auth_failed'],
  ['ResourceNotFoundException', 'model_not_found'],
  ['ThrottlingException', 'provider_rate_limited'],
  ['TooManyRequestsException', 'provider_rate_limited'],
  ['ServiceQuotaExceededException', 'provider_rate_limited'],
  ['ModelTimeoutException', 'provider_timeout'],
  ['ModelNotReadyException', 'provider_unavailable'],
  ['ModelErrorException', 'provider_unavailable'],
  ['ModelStreamErrorException', 'provider_unavailable'],
  ['InternalServerException', 'provider_unavailable'],
  ['InternalFailure', 'provider_unavailable'],
  ['ServiceUnavailableException', 'provider_unavailable'],
  ['UnknownOperationException', 'provider_refused_request'],
]);

/** Causes that are told by words only, all of them under `ValidationException`. */
const CODES_BY_TEXT: readonly [pattern: RegExp, code: ErrorCode][] = [
  [
    /input tokens exceeded|input is too long|prompt is too long|maximum context length|context (window|limit|length)/i,
    'context_length_exceeded',
  ],
  [/model identifier is invalid|model (id|identifier) .*(not found|does not exist)/i, 'model_not_found'],
  [/blocked by (our )?content filter/i, 'content_filtered'],
];

const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'provider_auth_failed',
  403: 'provider_auth_failed',
  408: 'provider_timeout',
  424: 'provider_unavailable',
  429: 'provider_rate_limited',
};

/** Classifies a refused or failed call. Never throws: the body may be anything. */
export function decodeFailure(status: number, headers: HeaderMap, body: unknown): UpstreamFailure {
  const retryAfterMs = readRetryAfterMs(headers);
  const failure = classify(status, kindOf(headers, body), messageOf(body));
  return { ...failure, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Classifies an exception that came inside a 200 answer or stream. */
export function decodeInBandFailure(kind: string, message: string | null): UpstreamFailure {
  return classify(null, plainKind(kind), message);
}

/** The kind of exception in a 200 answer: an operation that the service does not know is answered so. */
export function kindInAnswer(body: unknown): string | undefined {
  const output = isObject(body) ? body['Output'] : undefined;
  return isObject(output) ? textOr(output['__type'], undefined) : undefined;
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

function kindOf(headers: HeaderMap, body: unknown): string | null {
  const header = headers['x-amzn-errortype'];
  const kind = (Array.isArray(header) ? header[0] : header) ?? (isObject(body) ? textOr(body['__type'], null) : null);
  return kind === null ? null : plainKind(kind);
}

/** `ValidationException:http://internal.amazon.com/...` and `com.amazon.coral.service#ValidationException`. */
function plainKind(kind: string): string {
  const plain = kind.replace(/:.*$/s, '').replace(/^.*#/s, '').trim();
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

function messageOf(body: unknown): string | null {
  if (typeof body === 'string') return body === '' ? null : body;
  return isObject(body) ? textOr(body['message'] ?? body['Message'], null) : null;
}

function classify(status: number | null, kind: string | null, message: string | null): UpstreamFailure {
  const code = codeOf(status, kind, message ?? '');
  return {
    code,
    retryable: ERRORS[code].retryable,
    upstream: { status, code: kind, message: message === null ? null : shorten(message) },
  };
}

function codeOf(status: number | null, kind: string | null, message: string): ErrorCode {
  const byKind = kind === null ? undefined : CODES_BY_KIND.get(kind);
  if (byKind) return byKind;
  const isRefusal = kind === 'ValidationException' || status === 400;
  const byText = isRefusal ? CODES_BY_TEXT.find(([pattern]) => pattern.test(message)) : undefined;
  if (byText) return byText[1];
  if (isRefusal) return 'provider_refused_request';
  if (status === null) return kind === null ? 'provider_bad_answer' : 'provider_unavailable';
  return CODES_BY_STATUS[status] ?? (status < 500 ? 'provider_refused_request' : 'provider_unavailable');
}

function shorten(message: string): string {
  const scrubbed = scrubSecrets(message.slice(0, MAX_SCRUBBED_CHARS));
  return scrubbed.length <= MAX_MESSAGE_CHARS ? scrubbed : `${scrubbed.slice(0, MAX_MESSAGE_CHARS - 1)}…`;
}
