import type { Account } from '../provider.ts';

/** A header that carries the secret as it is. */
export type HeaderAuth = 'bearer' | 'x-api-key' | 'x-goog-api-key' | 'api-key';

/** A call as far as a signature covers it. */
export type UnsignedCall = {
  method: 'GET' | 'POST';
  origin: string;
  /** With its query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer | string | undefined;
};

/**
 * Gives the headers that prove who calls, for one call: signed over it, or holding a token that is fetched and renewed.
 * Rejects with an `UpstreamFailureError` (`provider_auth_failed`, or why the token's issuer could not be asked).
 */
export type Authorize = (
  call: UnsignedCall,
  signal: AbortSignal,
) => Record<string, string> | Promise<Record<string, string>>;

/** Undefined where the connection has no credential of its own. */
export type Secret = { credentialId: string; text: string } | undefined;

/**
 * A vendor's way to let callers in. What is made for each call is opened once per deployment and credential, and again
 * after each change of the configuration: what it fetches has to be remembered outside of it.
 */
export type Auth = HeaderAuth | ((account: Account, secret: Secret) => HeaderAuth | Authorize);

export function authHeaders(style: HeaderAuth, secret: string | undefined): Record<string, string> {
  if (secret === undefined) return {};
  return style === 'bearer' ? { authorization: `Bearer ${secret}` } : { [style]: secret };
}
