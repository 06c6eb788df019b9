import type { IncomingHttpHeaders } from 'node:http';
import { signReasoning } from '../answer.ts';
import { openai } from '../openai/openai.ts';
import { BAD_KEY, type Route, type Vendor } from '../vendor.ts';
import { WireError } from '../wire-error.ts';

const TOKEN_LIFE_SECONDS = 1800;

/** GitHub Copilot, with GitHub's exchange of tokens on the same address. */
export const copilot: Vendor = {
  ...openai,
  requestIdHeader: 'x-github-request-id',
  findRoute,
  authenticate,
  readRequest(body, headers, route) {
    const ask = openai.readRequest(body, headers, route);
    if (ask.images.length > 0 && headers['copilot-vision-request'] !== 'true') {
      throw new WireError(400, 'missing required Copilot-Vision-Request header for vision requests', { code: '' });
    }
    return ask;
  },
  // What stands before the models speaks plain text.
  writeError: (error, requestId) =>
    error.status === 401
      ? { body: `${error.message}\n`, headers: { 'content-type': 'text/plain; charset=utf-8' } }
      : openai.writeError(error, requestId),
};

function findRoute(method: string, path: string): Route | null {
  if (method === 'POST' && path === '/chat/completions') {
    return { kind: 'generate', model: null, stream: false, framing: 'sse' };
  }
  if (method !== 'GET') return null;
  if (path === '/models') return { kind: 'models' };
  return path === '/copilot_internal/v2/token' ? { kind: 'other', answer: exchangeToken } : null;
}

/** `gho_life-2` gets tokens that hold for two seconds; any other GitHub token but the bad one gets the usual half hour. */
function exchangeToken(headers: IncomingHttpHeaders): { status: number; body: object } {
  const token = /^(?:token|Bearer)\s+(\S+)$/iu.exec(headers.authorization ?? '')?.[1] ?? BAD_KEY;
  if (token === BAD_KEY) return { status: 401, body: { message: 'Bad credentials', status: '401' } };
  const lifeSeconds = Number(/life-(\d+)$/u.exec(token)?.[1] ?? TOKEN_LIFE_SECONDS);
  const expiresAt = Math.floor(Date.now() / 1000) + lifeSeconds;
  const claims = `tid=simulator;exp=${expiresAt};sku=simulator`;
  const refreshIn = Math.max(1, Math.floor((lifeSeconds * 5) / 6));
  return { status: 200, body: { token: `${claims}:${sign(claims)}`, expires_at: expiresAt, refresh_in: refreshIn } };
}

/** Only tokens of the exchange, and only while they last. */
function authenticate(headers: IncomingHttpHeaders): void {
  if (headers['editor-version'] === undefined) {
    throw new WireError(400, 'missing Editor-Version header for IDE auth', { code: '' });
  }
  const token = /^Bearer\s+(\S+)$/iu.exec(headers.authorization ?? '')?.[1] ?? '';
  const [, claims = '', expiresAt = '', signature] = /^(tid=\w+;exp=(\d+);sku=\w+):(\S+)$/u.exec(token) ?? [];
  if (signature === undefined || signature !== sign(claims)) throw new WireError(401, 'unauthorized: bad token');
  if (Number(expiresAt) * 1000 <= Date.now()) throw new WireError(401, 'unauthorized: token expired');
}

const sign = (claims: string): string => signReasoning(claims).replaceAll('=', '');
