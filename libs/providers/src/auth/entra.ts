import type { TokenCredential } from '@azure/identity';
import type { Auth } from './authorize.ts';
import { hasParts, readParts } from './credential-parts.ts';
import { bearerOf, isAtVendor, issuerFailure, withoutIdentity } from './issued-token.ts';
import { TokenCache, type FetchToken } from './token-cache.ts';

/** As much of `@azure/identity` as is used here. */
export type Identity = {
  ClientSecretCredential: new (tenantId: string, clientId: string, clientSecret: string) => TokenCredential;
  DefaultAzureCredential: new () => TokenCredential;
};

const SCOPE = 'https://cognitiveservices.azure.com/.default';
/** Names below `azure.com` at large belong to anyone's machines. */
const AZURE_HOSTS = /\.(openai|services\.ai|cognitiveservices)\.azure\.com$/;

const APPLICATION = ['tenant_id', 'client_id', 'client_secret'] as const;

/**
 * Azure's resource key, or Microsoft Entra: the application that the credential names, or, where there is no credential,
 * whatever identity Entra's default chain finds on this machine. The library is loaded when it is first needed.
 * Source: https://learn.microsoft.com/azure/ai-services/openai/how-to/managed-identity
 */
export function entraAuth(
  loadIdentity: () => Promise<Identity> = () => import('@azure/identity'),
  tokens = new TokenCache(),
): Exclude<Auth, string> {
  let ownIdentity: Promise<TokenCredential> | undefined;
  const openOwnIdentity = (): Promise<TokenCredential> =>
    (ownIdentity ??= loadIdentity().then((identity) => new identity.DefaultAzureCredential()));

  return ({ baseUrl }, secret) => {
    if (secret === undefined) {
      if (!isAtVendor(baseUrl, AZURE_HOSTS)) {
        return withoutIdentity('without a key, this machine’s identity is shown to Azure’s own addresses only');
      }
      return bearerOf(tokens, 'default', fetchWith(openOwnIdentity));
    }
    const { credentialId, text } = secret;
    if (!hasParts(text)) return 'api-key';
    const application = readParts(text, APPLICATION);
    if (!application) return withoutIdentity('the credential is no Entra application');
    const { tenant_id: tenant, client_id: client, client_secret: password } = application;
    const open = async () => new (await loadIdentity()).ClientSecretCredential(tenant, client, password);
    return bearerOf(tokens, credentialId, fetchWith(open));
  };
}

function fetchWith(open: () => Promise<TokenCredential>): FetchToken {
  return async (signal) => {
    try {
      const token = await (await open()).getToken(SCOPE, { abortSignal: signal });
      if (token) return { text: token.token, expiresAtMs: token.expiresOnTimestamp };
    } catch (error) {
      throw toFailure(error);
    }
    throw issuerFailure('provider_auth_failed', 'Entra gave no token');
  };
}

/** How the library calls what is no refusal: the network failed, or Entra itself did. */
const UNREACHABLE = ['AuthenticationRequiredError', 'CredentialUnavailableError'];

/** Of the library's words only the number is told: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
function toFailure(error: unknown): Error {
  const { name, message, statusCode } = error as { name?: unknown; message?: unknown; statusCode?: unknown };
  const number = /\bAADSTS\d+\b/.exec(String(message))?.[0];
  if (number !== undefined) return issuerFailure('provider_auth_failed', `Entra refused the credential (${number})`);
  if (UNREACHABLE.includes(String(name)) || Number(statusCode) >= 500) {
    return issuerFailure('provider_unreachable', 'Entra gave no token');
  }
  return issuerFailure('provider_auth_failed', 'there is no identity that Entra knows');
}
