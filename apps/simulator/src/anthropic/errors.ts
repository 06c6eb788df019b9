import type { IncomingHttpHeaders } from 'node:http';
import { BAD_KEY, type Headers, type Route } from '../vendor.ts';
import { WireError } from '../wire-error.ts';

type Shape = { type: string; message: string; shouldRetry: boolean };

/** What Anthropic says by status. https://docs.anthropic.com/en/api/errors */
const SHAPES: Record<number, Shape> = {
  400: { type: 'invalid_request_error', message: 'Invalid request', shouldRetry: false },
  401: { type: 'authentication_error', message: 'invalid x-api-key', shouldRetry: false },
  402: { type: 'billing_error', message: 'Your credit balance is too low.', shouldRetry: false },
  403: {
    type: 'permission_error',
    message: 'Your API key does not have permission to use the specified resource.',
    shouldRetry: false,
  },
  404: { type: 'not_found_error', message: 'Not Found', shouldRetry: false },
  413: { type: 'request_too_large', message: 'Request exceeds the maximum size', shouldRetry: false },
  429: {
    type: 'rate_limit_error',
    message: 'This request would exceed your organization’s rate limit.',
    shouldRetry: true,
  },
  500: { type: 'api_error', message: 'Internal server error', shouldRetry: true },
  502: { type: 'api_error', message: 'Bad gateway', shouldRetry: true },
  503: { type: 'api_error', message: 'Service unavailable', shouldRetry: true },
  529: { type: 'overloaded_error', message: 'Overloaded', shouldRetry: true },
};
const UNKNOWN: Shape = { type: 'api_error', message: 'Unexpected error', shouldRetry: true };

/** An API key, or a Bearer token as subscriptions use it. */
export function authenticate(headers: IncomingHttpHeaders): void {
  const key = headers['x-api-key'] ?? /^Bearer\s+(\S+)$/iu.exec(headers.authorization ?? '')?.[1];
  if (key === undefined || key === '') throw new WireError(401, 'x-api-key header is required');
  if (key === BAD_KEY) throw new WireError(401, 'invalid x-api-key');
}

export function writeError(error: WireError, requestId: string): { body: string; headers: Headers } {
  const { type, shouldRetry } = SHAPES[error.status] ?? UNKNOWN;
  const { retryAfterSeconds } = error.details;
  return {
    body: JSON.stringify({ type: 'error', error: { type, message: error.message }, request_id: requestId }),
    headers: {
      'x-should-retry': String(shouldRetry),
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
  };
}

export function writeStreamFailure(): string {
  const { type, message } = SHAPES[529] ?? UNKNOWN;
  return `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type, message } })}\n\n`;
}

export function describeStatus(status: number): string {
  return (SHAPES[status] ?? UNKNOWN).message;
}

export function describeMissingRoute(): WireError {
  return new WireError(404, 'Not Found');
}

export function describeMissingModel(id: string, _route: Route): WireError {
  return new WireError(404, `model: ${id}`);
}

export function describeBadJson(): WireError {
  return new WireError(400, 'The request body is not valid JSON');
}
