import { UpstreamFailureError, type HeaderMap, type UpstreamFailure } from '../dialect.ts';
import { decodeFailure as decodeChatFailure } from '../openai-chat/failure.ts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';

/** Hub names of fields that this API calls otherwise. Positions among the items are not those among the messages. */
const HUB_NAMES: readonly [field: RegExp, name: string][] = [
  [/^input\b/, 'messages'],
  [/^max_output_tokens$/, 'max_completion_tokens'],
  [/^text\.format\b/, 'response_format'],
  [/^text\.verbosity$/, 'verbosity'],
  [/^reasoning\.effort$/, 'reasoning_effort'],
];

/** The status that an error inside a 200 would have had. Source: `ResponseError` of the API reference. */
const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map([
  ['rate_limit_exceeded', 429],
  ['insufficient_quota', 429],
  ['server_error', 500],
  ['vector_store_timeout', 500],
]);
const REQUEST_FAULT =
  /^(invalid_|image_|unsupported_|empty_|failed_to_download_|context_length_|data_residency_|content_filter)|policy/;

/** OpenAI's error body is that of its chat, and so are those of the services beside it. Names fields as the hub does. */
export function decodeFailure(status: number, headers: HeaderMap, body: unknown): UpstreamFailure {
  const failure = decodeOwnFailure(status, headers, body);
  return failure.param === undefined ? failure : { ...failure, param: hubName(failure.param) };
}

/** The same in the names that this API gives to fields. */
export function decodeOwnFailure(status: number, headers: HeaderMap, body: unknown): UpstreamFailure {
  const failure = decodeChatFailure(status, headers, body);
  const isOfInput = failure.param !== undefined && hubName(failure.param) === 'messages';
  // `Item with id 'rs_...' not found`: what is missing is no model.
  return failure.code === 'model_not_found' && isOfInput ? { ...failure, code: 'provider_refused_request' } : failure;
}

/**
 * An error inside a 200: `{error}` of a failed response, the stream's event `error` with its parts in it or below
 * `error`, or the answer of a proxy.
 */
export function embeddedFailure(holder: JsonObject): UpstreamFailureError {
  const error = isObject(holder['error']) ? holder['error'] : holder;
  const code = textOr(error['code'], '') || textOr(error['type'], '');
  const failure = decodeFailure(statusOf(code, error), {}, { error: { ...error, code: code || null } });
  const isPolicy = code.includes('policy') || code === 'content_filter';
  return new UpstreamFailureError({
    ...failure,
    ...(isPolicy && { code: 'content_filtered', retryable: false }),
    upstream: { ...failure.upstream, status: null },
  });
}

function statusOf(code: string, error: JsonObject): number {
  const numeric = Number(error['code']);
  if (Number.isInteger(numeric) && numeric >= 400 && numeric < 600) return numeric;
  const isRequestFault = REQUEST_FAULT.test(code) || error['type'] === 'invalid_request_error';
  return STATUS_BY_CODE.get(code) ?? (isRequestFault ? 400 : 500);
}

/** A stream that stopped before its end. */
export function incompleteAnswer(): UpstreamFailureError {
  const message = 'the stream ended before the answer was complete';
  return new UpstreamFailureError({
    code: 'upstream_incomplete',
    retryable: true,
    upstream: { status: 200, code: null, message },
  });
}

function hubName(param: string): string {
  return HUB_NAMES.find(([field]) => field.test(param))?.[1] ?? param;
}
