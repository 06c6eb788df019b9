import type { ErrorCode } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import type { Authorize } from './authorize.ts';
import type { FetchToken, Token, TokenCache } from './token-cache.ts';

/** How long an issuer may take. Not every library that asks one gives up by itself. */
const ISSUER_TIMEOUT_MS = 20_000;

/** Calls carry a token that an issuer gave for a while. `key` names the credential that it is given for. */
export function bearerOf(
  tokens: TokenCache,
  key: string,
  fetchToken: FetchToken,
  timeoutMs = ISSUER_TIMEOUT_MS,
): Authorize {
  const fetchInTime: FetchToken = (signal) => inTime(fetchToken, signal, timeoutMs);
  return async (_call, signal) => ({
    authorization: `Bearer ${await tokens.get(key, Date.now(), fetchInTime, signal)}`,
  });
}

async function inTime(fetchToken: FetchToken, signal: AbortSignal, timeoutMs: number): Promise<Token> {
  const late = new AbortController();
  const { promise: isLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const failure = issuerFailure('provider_unreachable', 'the token did not come in time');
    reject(failure);
    late.abort(failure);
  }, timeoutMs);
  try {
    return await Promise.race([fetchToken(AbortSignal.any([signal, late.signal])), isLate]);
  } finally {
    clearTimeout(timer);
  }
}

type IssuerCode = Extract<ErrorCode, 'provider_auth_failed' | 'provider_unreachable'>;

/** Why there is no token. `message` is ours: libraries quote what they were given, secrets included. */
export function issuerFailure(code: IssuerCode, message: string, status: number | null = null): UpstreamFailureError {
  return new UpstreamFailureError({
    code,
    retryable: code === 'provider_unreachable',
    upstream: { status, code: null, message },
  });
}

/** Fails always: there is nothing to show to an issuer. */
export const withoutIdentity =
  (message: string): Authorize =>
  () =>
    Promise.reject(issuerFailure('provider_auth_failed', message));

/** Whether a base URL leads to a vendor itself. Only there this machine's own identity is shown to anyone. */
export function isAtVendor(baseUrl: string, hosts: RegExp): boolean {
  const { protocol, hostname } = new URL(baseUrl);
  return protocol === 'https:' && hosts.test(hostname);
}
