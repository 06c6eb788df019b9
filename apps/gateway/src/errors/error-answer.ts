import { chooseLocale, errorBody, retryAfterSeconds, type GatewayError, type Locale } from '@parley/contracts';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../admission/caller.ts';
import { shapeError } from './error-shape.ts';

export type ErrorAnswer = { status: number; headers: Record<string, string>; body: unknown };

/** Clients wait at least this long where nothing better is known. */
const DEFAULT_RETRY_AFTER_S = 1;

export function localeOf(request: FastifyRequest & { caller?: Caller }, fallback: Locale): Locale {
  return chooseLocale(request.headers['accept-language'], request.caller?.locale, fallback);
}

/** An error as the client sees it: status, headers, and body in its language and in the shape of its route. */
export function errorAnswer(error: GatewayError, request: FastifyRequest, fallback: Locale): ErrorAnswer {
  const locale = localeOf(request, fallback);
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'content-language': locale,
    vary: 'Accept-Language, Origin',
    'x-content-type-options': 'nosniff',
    'x-request-id': request.id,
    'request-id': request.id,
  };
  if (error.status === 429 || error.status === 503) {
    headers['retry-after'] = String(retryAfterSeconds(error) ?? DEFAULT_RETRY_AFTER_S);
  }
  return {
    status: error.status,
    headers,
    body: shapeError(request, errorBody(error, locale, request.id), error.status),
  };
}
