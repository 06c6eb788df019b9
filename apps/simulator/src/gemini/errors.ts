import type { IncomingHttpHeaders } from 'node:http';
import type { Ask } from '../ask.ts';
import type { JsonObject } from '../json.ts';
import { BAD_KEY, type Headers, type Route } from '../vendor.ts';
import { WireError } from '../wire-error.ts';

type Shape = { status: string; message: string };

const OVERLOADED = 'The model is overloaded. Please try again later.';

/** What Google says by status (google.rpc.Code). 402 and 529 are not Google's: the nearest code stands in. */
const SHAPES: Record<number, Shape> = {
  400: { status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
  401: { status: 'UNAUTHENTICATED', message: 'Request had invalid authentication credentials.' },
  402: { status: 'FAILED_PRECONDITION', message: 'Please enable billing on your project.' },
  403: { status: 'PERMISSION_DENIED', message: 'The caller does not have permission' },
  404: { status: 'NOT_FOUND', message: 'Requested entity was not found.' },
  413: { status: 'INVALID_ARGUMENT', message: 'Request payload size exceeds the limit.' },
  429: { status: 'RESOURCE_EXHAUSTED', message: 'You exceeded your current quota.' },
  500: { status: 'INTERNAL', message: 'An internal error has occurred. Please retry or report.' },
  502: { status: 'UNAVAILABLE', message: 'Bad gateway.' },
  503: { status: 'UNAVAILABLE', message: OVERLOADED },
  529: { status: 'UNAVAILABLE', message: OVERLOADED },
};
const UNKNOWN: Shape = { status: 'UNKNOWN', message: 'Unknown error.' };
const NO_KEY =
  "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";

export function authenticate(headers: IncomingHttpHeaders, query: URLSearchParams): void {
  const key = headers['x-goog-api-key'] ?? query.get('key') ?? '';
  if (key === '') throw new WireError(403, NO_KEY);
  if (key === BAD_KEY) {
    throw new WireError(400, 'API key not valid. Please pass a valid API key.', { reason: 'API_KEY_INVALID' });
  }
}

export function writeError(error: WireError): { body: string; headers: Headers } {
  const details = describeDetails(error);
  const { status } = SHAPES[error.status] ?? UNKNOWN;
  const described = { code: error.status, message: error.message, status, ...(details.length > 0 && { details }) };
  return { body: JSON.stringify({ error: described }), headers: {} };
}

/** Google tells when to come back in the body, not in a header. */
function describeDetails(error: WireError): JsonObject[] {
  const { reason, retryAfterSeconds } = error.details;
  const details: JsonObject[] = [];
  if (reason !== undefined) {
    const metadata = { service: 'generativelanguage.googleapis.com' };
    details.push(
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata },
      { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message: error.message },
    );
  }
  if (retryAfterSeconds !== undefined) {
    details.push({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` });
  }
  if (error.message.includes('Cannot find field.')) {
    const fieldViolations = [{ description: error.message }];
    details.push({ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations });
  }
  return details;
}

export function writeStreamFailure(ask: Ask, isFirst: boolean): string {
  const json = JSON.stringify({ error: { code: 503, ...(SHAPES[503] ?? UNKNOWN) } });
  return ask.framing === 'sse' ? `data: ${json}\r\n\r\n` : `${isFirst ? '[' : ',\r\n'}${json}]`;
}

export function describeStatus(status: number): string {
  return (SHAPES[status] ?? UNKNOWN).message;
}

export function describeMissingRoute(): WireError {
  return new WireError(404, 'Requested entity was not found.');
}

export function describeMissingModel(id: string, route: Route): WireError {
  const verb = route.kind === 'generate' && route.embeds ? 'embedContent' : 'generateContent';
  const purpose = route.kind === 'generate' ? `, or is not supported for ${verb}` : '';
  const hint = 'Call ListModels to see the list of available models and their supported methods.';
  return new WireError(404, `models/${id} is not found for API version v1beta${purpose}. ${hint}`);
}

export function describeBadJson(): WireError {
  return new WireError(400, 'Invalid JSON payload received. Unexpected token.');
}
