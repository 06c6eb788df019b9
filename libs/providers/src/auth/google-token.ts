import type { Auth } from './authorize.ts';
import { hasParts, readParts } from './credential-parts.ts';
import { bearerOf, isAtVendor, issuerFailure, withoutIdentity } from './issued-token.ts';
import { TokenCache, type FetchToken } from './token-cache.ts';

/** A client of `google-auth-library` as far as it is used here. */
export type GoogleClient = {
  getAccessToken(): Promise<{ token?: string | null }>;
  credentials: { expiry_date?: number | null };
};

/** As much of `google-auth-library` as is used here. */
export type GoogleAuthLibrary = {
  JWT: new (options: { email: string; key: string; scopes: string[] }) => GoogleClient;
  GoogleAuth: new (options: { scopes: string[] }) => { getClient(): Promise<GoogleClient> };
};

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];
const GOOGLE_HOSTS = /\.googleapis\.com$/;
/** How long a token is believed to hold whose end the library does not tell. */
const ASSUMED_LIFE_MS = 300_000;

const ACCOUNT = ['type', 'client_email', 'private_key'] as const;

/**
 * Google Cloud: a service account's key, or application default credentials where there is no credential. A credential
 * that is no JSON is an access token itself. The library is loaded when it is first needed.
 * Source: https://cloud.google.com/docs/authentication/application-default-credentials
 */
export function googleAuth(
  loadLibrary: () => Promise<GoogleAuthLibrary> = () => import('google-auth-library'),
  tokens = new TokenCache(),
): Exclude<Auth, string> {
  return ({ baseUrl }, secret) => {
    if (secret === undefined) {
      if (!isAtVendor(baseUrl, GOOGLE_HOSTS)) {
        return withoutIdentity('without a credential, this machine’s identity is shown to Google’s own addresses only');
      }
      const open = async () => new (await loadLibrary()).GoogleAuth({ scopes: SCOPES }).getClient();
      return bearerOf(tokens, 'default', fetchWith(open));
    }
    const { credentialId, text } = secret;
    if (!hasParts(text)) return 'bearer';
    const account = readParts(text, ACCOUNT);
    // Only this kind: the others name addresses that the library would call, or programs that it would run.
    if (account?.type !== 'service_account') return withoutIdentity('the credential is no service account key');
    const { client_email: email, private_key: key } = account;
    const open = async () => new (await loadLibrary()).JWT({ email, key, scopes: SCOPES });
    return bearerOf(tokens, credentialId, fetchWith(open));
  };
}

function fetchWith(open: () => Promise<GoogleClient>): FetchToken {
  return async () => {
    try {
      const client = await open();
      const { token } = await client.getAccessToken();
      if (token) return { text: token, expiresAtMs: client.credentials.expiry_date ?? Date.now() + ASSUMED_LIFE_MS };
    } catch (error) {
      throw toFailure(error);
    }
    throw issuerFailure('provider_auth_failed', 'Google gave no token');
  };
}

/** Without a status, a code such as ENOTFOUND tells of the network; whatever else goes wrong is the credential's fault. */
function toFailure(error: unknown): Error {
  const { status, code } = error as { status?: unknown; code?: unknown };
  if (typeof status === 'number' && status < 500 && status !== 429) {
    return issuerFailure('provider_auth_failed', 'Google refused the credential', status);
  }
  if (typeof status === 'number' || /^E(?!RR_)|^UND_/.test(String(code))) {
    return issuerFailure('provider_unreachable', 'Google gave no token', typeof status === 'number' ? status : null);
  }
  return issuerFailure('provider_auth_failed', 'there is no usable credential for Google Cloud');
}
