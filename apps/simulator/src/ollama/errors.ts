import type { IncomingHttpHeaders } from 'node:http';
import { BAD_KEY, type Headers } from '../vendor.ts';
import { WireError } from '../wire-error.ts';

/** What Ollama says by status; 402, 413, 502 and 529 are not its own. https://docs.ollama.com/api/errors */
const MESSAGES: Record<number, string> = {
  400: 'invalid request',
  401: 'unauthorized',
  402: 'payment required',
  403: 'this model requires a subscription, upgrade for access: https://ollama.com/upgrade',
  404: "model 'unknown' not found",
  413: 'request body too large',
  429: 'too many requests',
  500: 'llama runner process has terminated: exit status 2',
  502: 'bad gateway',
  503: 'server busy, please try again.  maximum pending requests exceeded',
  529: 'server busy, please try again.  maximum pending requests exceeded',
};

/** A local server asks for no key; ollama.com refuses a wrong one. */
export function authenticate(headers: IncomingHttpHeaders): void {
  if (headers.authorization === `Bearer ${BAD_KEY}`) throw new WireError(401, describeStatus(401));
}

export function writeError(error: WireError): { body: string; headers: Headers } {
  const { retryAfterSeconds } = error.details;
  return {
    body: JSON.stringify({ error: error.message }),
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  };
}

export function writeStreamFailure(): string {
  return `${JSON.stringify({ error: 'an error was encountered while running the model: unexpected EOF' })}\n`;
}

export function describeStatus(status: number): string {
  return MESSAGES[status] ?? 'unknown error';
}

export function describeMissingRoute(method: string, path: string): WireError {
  return new WireError(404, `404 page not found: ${method} ${path}`);
}

export function describeMissingModel(id: string): WireError {
  return new WireError(404, `model '${id}' not found`);
}

export function describeBadJson(): WireError {
  return new WireError(400, 'invalid character in literal (expecting JSON)');
}
