import { scrubSecrets } from '@parley/dialects';
import { askOnce } from '../http/ask-once.ts';
import { readJsonOrText } from '../live-stream.ts';
import type { Authorize, Auth } from './authorize.ts';
import { bearerOf, issuerFailure, withoutIdentity } from './issued-token.ts';
import { TokenCache, type Token } from './token-cache.ts';

const EXCHANGE_PATH = '/copilot_internal/v2/token';
const MAX_MESSAGE_CHARS = 300;

/**
 * GitHub Copilot: the GitHub token is exchanged for a token that holds for about half an hour. GitHub documents none of
 * this; it is what its own editor plugins do.
 */
export function copilotAuth(tokens = new TokenCache()): Exclude<Auth, string> {
  return ({ baseUrl, allowPrivateNetwork = false }, secret) => {
    if (secret === undefined) return withoutIdentity('there is no GitHub token');
    const address = exchangeAddress(baseUrl);
    const { credentialId, text } = secret;
    const fetchToken = (signal: AbortSignal): Promise<Token> => exchange(address, text, allowPrivateNetwork, signal);
    return sayWhereImagesAre(bearerOf(tokens, `${credentialId} ${address}`, fetchToken));
  };
}

/** GitHub itself issues the tokens for its own addresses; any other server, such as a proxy, issues its own. */
export function exchangeAddress(baseUrl: string): string {
  const { hostname } = new URL(baseUrl);
  if (/(^|\.)githubcopilot\.com$/.test(hostname)) return `https://api.github.com${EXCHANGE_PATH}`;
  // GitHub Enterprise Cloud with data residency.
  const enterprise = /^copilot-api\.([a-z0-9-]+\.ghe\.com)$/.exec(hostname)?.[1];
  if (enterprise !== undefined) return `https://api.${enterprise}${EXCHANGE_PATH}`;
  return baseUrl.replace(/\/+$/, '') + EXCHANGE_PATH;
}

async function exchange(
  address: string,
  githubToken: string,
  allowPrivateNetwork: boolean,
  signal: AbortSignal,
): Promise<Token> {
  const headers = { authorization: `token ${githubToken}`, accept: 'application/json', 'user-agent': 'parley' };
  const { status, body } = await askOnce({ address, headers, allowPrivateNetwork }, signal);
  const answer = Object(readJsonOrText(body)) as Record<string, unknown>;
  if (status !== 200) throw refusal(status, answer['message'], githubToken);
  const { token, expires_at: expiresAt, refresh_in: refreshIn } = answer;
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || typeof expiresAt !== 'number') {
    throw issuerFailure('provider_unreachable', 'GitHub gave no Copilot token', status);
  }
  // It is some minutes earlier, and relative to now, so that a clock that is wrong here does no harm.
  const expiresAtMs = typeof refreshIn === 'number' ? Date.now() + refreshIn * 1000 : expiresAt * 1000;
  return { text: token, expiresAtMs };
}

/** A token that is bad, or whose owner has no Copilot, is a 401, 403 or 404. */
function refusal(status: number, message: unknown, githubToken: string): Error {
  const isRefused = status === 401 || status === 403 || status === 404;
  const words = typeof message === 'string' ? `: ${message.replaceAll(githubToken, '***')}` : '';
  const told = scrubSecrets(`GitHub gave no Copilot token${words}`).slice(0, MAX_MESSAGE_CHARS);
  return issuerFailure(isRefused ? 'provider_auth_failed' : 'provider_unreachable', told, status);
}

/** Copilot reads images only where a header announces them. In a text the quotes of this word would be escaped. */
function sayWhereImagesAre(authorize: Authorize): Authorize {
  return async (call, signal) => ({
    ...(await authorize(call, signal)),
    ...(call.body?.includes('"image_url"') && { 'copilot-vision-request': 'true' }),
  });
}
