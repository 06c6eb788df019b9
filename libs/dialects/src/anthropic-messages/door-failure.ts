import type { ErrorBody } from '@parley/contracts';
import type { JsonObject } from '../json-values.ts';

/** Source: https://docs.claude.com/en/api/errors */
const TYPES_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
};

/** By these words clients know that they have to shorten the conversation. */
const TOO_LONG = 'prompt is too long';

/** How the API, and servers that are compatible with it, refuse a field that they do not know. */
const THREAD_UNKNOWN = 'thread: Extra inputs';

/** An error as Anthropic tells it. `request_id` is the request's own, as in the header `request-id`. */
export function encodeFailure({ error }: ErrorBody, status: number): JsonObject {
  return {
    type: 'error',
    error: { type: typeOf(error, status), message: messageOf(error), ...detailsOf(error) },
    request_id: error.request_id,
  };
}

function typeOf({ code, upstream }: ErrorBody['error'], status: number): string {
  if (code === 'overloaded' || upstream?.code === 'overloaded_error') return 'overloaded_error';
  return TYPES_BY_STATUS[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

/** Anthropic's own; or those by which its SDK knows that it has to send the whole conversation itself. */
function detailsOf({ code, param, upstream }: ErrorBody['error']): JsonObject {
  if (upstream?.details) return { details: upstream.details };
  const isRefused = code === 'unsupported_parameter' && param === 'thread';
  if (!isRefused && !upstream?.message?.startsWith(THREAD_UNKNOWN)) return {};
  return { details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] } };
}

/** The shape has one text only, so that the advice goes with it. */
function messageOf({ code, message, hint }: ErrorBody['error']): string {
  // A provider's words, with which a message may end, often lack their full stop.
  const text = `${message}${/[.!?]$/.test(message) ? '' : '.'} ${hint}`;
  return code === 'context_length_exceeded' && !message.includes(TOO_LONG) ? `${TOO_LONG}: ${text}` : text;
}

/** The event that ends a stream which failed. `body` is the error in Anthropic's shape. */
export function encodeStreamFailure(body: unknown): string {
  return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
}
