import type { IncomingHttpHeaders } from 'node:http';
import { BAD_KEY, type Headers } from '../vendor.ts';
import { WireError } from '../wire-error.ts';

/** What Cohere says by status; 403, 413, 502 and 529 are not its own. https://docs.cohere.com/reference/errors */
const MESSAGES: Record<number, string> = {
  400: 'invalid request',
  401: 'invalid api token',
  402: 'Please add or update your payment method at https://dashboard.cohere.com/billing to continue',
  403: 'forbidden',
  404: "model 'unknown' not found, make sure the correct model ID was used and that you have access to the model.",
  413: 'request entity too large',
  429: 'You are past the per minute request limit, please wait and try again later.',
  500: 'internal server error, this has been reported to our developers',
  502: 'bad gateway',
  503: 'service unavailable',
  529: 'service unavailable',
};

export function authenticate(headers: IncomingHttpHeaders): void {
  const key = /^Bearer\s+(\S+)$/iu.exec(headers.authorization ?? '')?.[1];
  if (key === undefined) throw new WireError(401, 'no api key supplied');
  if (key === BAD_KEY) {
    const where = 'You can find your API key at https://dashboard.cohere.com/api-keys.';
    throw new WireError(401, `Incorrect API key provided: ***********. ${where}`);
  }
}

export function writeError(error: WireError, requestId: string): { body: string; headers: Headers } {
  const { retryAfterSeconds } = error.details;
  return {
    body: JSON.stringify({ id: requestId, message: error.message }),
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  };
}

export function writeStreamFailure(): string {
  const end = { type: 'message-end', delta: { finish_reason: 'ERROR', error: describeStatus(500) } };
  return `event: message-end\ndata: ${JSON.stringify(end)}\n\n`;
}

export function describeStatus(status: number): string {
  return MESSAGES[status] ?? 'unknown error';
}

export function describeMissingRoute(method: string, path: string): WireError {
  return new WireError(404, `404 page not found: ${method} ${path}`);
}

export function describeMissingModel(id: string): WireError {
  return new WireError(
    404,
    `model '${id}' not found, make sure the correct model ID was used and that you have access to the model.`,
  );
}

export function describeBadJson(): WireError {
  return new WireError(400, 'invalid json: the body is no JSON object');
}
