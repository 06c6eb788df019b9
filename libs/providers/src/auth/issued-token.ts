import type { ErrorCode } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import type { Authorize } from './authorize.ts';
import type { FetchToken, TokenCache } from './token-cache.ts';

/** Calls carry a token that an issuer gave for a while. `key` names the credential that it is given for. */
export function bearerOf(tokens: TokenCache, key: string, fetchToken: FetchToken): Authorize {
  return async (_call, signal) => ({
    authorization: `Bearer ${await tokens.get(key, Date.now(), fetchToken, signal)}`,
  });
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
