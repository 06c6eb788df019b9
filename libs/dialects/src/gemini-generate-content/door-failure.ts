import type { ErrorBody } from '@parley/contracts';
import type { JsonObject } from '../json-values.ts';

/** https://google.aip.dev/193, https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  415: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  507: 'RESOURCE_EXHAUSTED',
};

const TYPE = 'type.googleapis.com/google.rpc.';

/** Our error as Google tells one: `{error: {code, message, status, details}}`, with our code as the reason. */
export function encodeGeminiFailure({ error }: ErrorBody, status: number): JsonObject {
  const details: JsonObject[] = [
    { '@type': `${TYPE}ErrorInfo`, reason: error.code.toUpperCase(), domain: 'parley', metadata: metadataOf(error) },
    { '@type': `${TYPE}RequestInfo`, requestId: error.request_id },
  ];
  if (error.param !== null) {
    const fieldViolations = [{ field: error.param, description: error.message }];
    details.push({ '@type': `${TYPE}BadRequest`, fieldViolations });
  }
  if (error.retry_after !== null) details.push({ '@type': `${TYPE}RetryInfo`, retryDelay: `${error.retry_after}s` });
  return { error: { code: status, message: error.message, status: NAMES[status] ?? 'UNKNOWN', details } };
}

/** Texts only: the type there is `map<string, string>`. */
function metadataOf({ hint, provider, upstream }: ErrorBody['error']): JsonObject {
  return {
    hint,
    ...(provider !== null && { provider }),
    ...(upstream?.message && { upstream: upstream.message }),
  };
}
