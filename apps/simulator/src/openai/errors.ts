import type { IncomingHttpHeaders } from 'node:http';
import { BAD_KEY, type Headers, type Route } from '../vendor.ts';
import { WireError } from '../wire-error.ts';

type Shape = { type: string; code: string | null; message: string };

const OVERLOADED = 'The engine is currently overloaded, please try again later.';

/** What OpenAI says by status. https://platform.openai.com/docs/guides/error-codes */
const SHAPES: Record<number, Shape> = {
  400: { type: 'invalid_request_error', code: null, message: 'The request is invalid.' },
  401: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  402: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota.' },
  403: {
    type: 'request_forbidden',
    code: 'unsupported_country_region_territory',
    message: 'Country, region, or territory not supported',
  },
  404: { type: 'invalid_request_error', code: 'model_not_found', message: 'The model does not exist.' },
  413: { type: 'invalid_request_error', code: null, message: 'The request is too large.' },
  429: { type: 'requests', code: 'rate_limit_exceeded', message: 'Rate limit reached for requests.' },
  500: {
    type: 'server_error',
    code: null,
    message: 'The server had an error while processing your request. Sorry about that!',
  },
  502: { type: 'server_error', code: null, message: 'Bad gateway.' },
  503: { type: 'server_error', code: null, message: OVERLOADED },
  529: { type: 'server_error', code: null, message: OVERLOADED },
};
const UNKNOWN: Shape = { type: 'server_error', code: null, message: 'Unexpected error.' };

export function authenticate(headers: IncomingHttpHeaders): void {
  const key = /^Bearer\s+(\S+)$/iu.exec(headers.authorization ?? '')?.[1];
  if (key === undefined) {
    const message =
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
    throw new WireError(401, message, { code: '' });
  }
  if (key === BAD_KEY) {
    const shown = `${key.slice(0, 8)}****${key.slice(-4)}`;
    const message = `Incorrect API key provided: ${shown}. You can find your API key at https://platform.openai.com/account/api-keys.`;
    throw new WireError(401, message);
  }
}

export function writeError(error: WireError): { body: string; headers: Headers } {
  const shape = SHAPES[error.status] ?? UNKNOWN;
  // An empty code stands for "none", where the status has a usual one.
  const code = (error.details.code ?? shape.code) || null;
  const { param = null, retryAfterSeconds } = error.details;
  return {
    body: JSON.stringify({ error: { message: error.message, type: shape.type, param, code } }),
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  };
}

export function writeStreamFailure(): string {
  const { type, code, message } = SHAPES[500] ?? UNKNOWN;
  return `data: ${JSON.stringify({ error: { message, type, param: null, code } })}\n\n`;
}

export function describeStatus(status: number): string {
  return (SHAPES[status] ?? UNKNOWN).message;
}

export function describeMissingRoute(method: string, path: string): WireError {
  return new WireError(404, `Invalid URL (${method} ${path})`, { code: '' });
}

export function describeMissingModel(id: string, route: Route): WireError {
  const message =
    route.kind === 'model'
      ? `The model '${id}' does not exist`
      : `The model \`${id}\` does not exist or you do not have access to it.`;
  return new WireError(404, message, { param: route.kind === 'model' ? 'model' : undefined });
}

export function describeBadJson(): WireError {
  const message =
    'We could not parse the JSON body of your request. (HINT: This likely means you aren’t using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)';
  return new WireError(400, message);
}
