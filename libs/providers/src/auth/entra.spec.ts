import { describe, expect, it } from '@jest/globals';
import type { Authorize } from './authorize.ts';
import { entraAuth, type Identity } from './entra.ts';

const AZURE = { baseUrl: 'https://res.openai.azure.com', options: {} };
const APPLICATION = { tenant_id: 'tenant', client_id: 'client', client_secret: 'the-secret' };
const NEVER = new AbortController().signal;
const CALL = { method: 'POST', origin: 'https://a.example', path: '/', headers: {}, body: '' } as const;

/** Stands in for `@azure/identity`; says what it was asked. */
function openIdentity(getToken: () => Promise<{ token: string; expiresOnTimestamp: number }>) {
  const made: unknown[][] = [];
  const asked: unknown[] = [];
  let loaded = 0;
  class Credential {
    constructor(...given: unknown[]) {
      made.push(given);
    }
    getToken(scope: unknown) {
      asked.push(scope);
      return getToken();
    }
  }
  const identity: Identity = { ClientSecretCredential: Credential, DefaultAzureCredential: Credential };
  const load = () => {
    loaded += 1;
    return Promise.resolve(identity);
  };
  return { made, asked, auth: entraAuth(load), loadedTimes: () => loaded };
}

const HOUR = () => Promise.resolve({ token: 'entra-token', expiresOnTimestamp: Date.now() + 3_600_000 });
const secret = (value: unknown) => ({
  credentialId: 'c',
  text: typeof value === 'string' ? value : JSON.stringify(value),
});
const failureOf = async (authorize: unknown) => {
  const error: unknown = await Promise.resolve((authorize as Authorize)(CALL, NEVER)).catch(
    (reason: unknown) => reason,
  );
  return (error as { failure: unknown }).failure;
};

describe('who calls Azure', () => {
  it('is told by a key as it is, for which nothing is loaded', () => {
    const { auth, loadedTimes } = openIdentity(HOUR);
    expect(auth(AZURE, secret('0123456789abcdef'))).toBe('api-key');
    expect(loadedTimes()).toBe(0);
  });

  it('is told by a token of the application, which is asked for once', async () => {
    const { auth, made, asked } = openIdentity(HOUR);
    const snapshots = [auth(AZURE, secret(APPLICATION)), auth(AZURE, secret(APPLICATION))] as Authorize[];
    for (const authorize of snapshots) {
      expect(await authorize(CALL, NEVER)).toEqual({ authorization: 'Bearer entra-token' });
    }
    expect(made).toEqual([['tenant', 'client', 'the-secret']]);
    expect(asked).toEqual(['https://cognitiveservices.azure.com/.default']);
  });

  it('is told by the identity of this machine where there is no credential', async () => {
    const { auth, made } = openIdentity(HOUR);
    const authorize = auth(AZURE, undefined) as Authorize;
    expect(await authorize(CALL, NEVER)).toEqual({ authorization: 'Bearer entra-token' });
    expect(made).toEqual([[]]);
  });

  it.each([
    'https://res.openai.azure.com.evil.example',
    'https://evil.eastus.cloudapp.azure.com',
    'http://res.openai.azure.com',
    'http://127.0.0.1:1',
  ])('is not told by the identity of this machine to %s', async (baseUrl) => {
    const { auth, loadedTimes } = openIdentity(HOUR);
    expect(await failureOf(auth({ ...AZURE, baseUrl }, undefined))).toMatchObject({ code: 'provider_auth_failed' });
    expect(loadedTimes()).toBe(0);
  });

  it.each([
    ['Error', 'AADSTS7000215: Invalid client secret provided: the-secret', 'provider_auth_failed'],
    ['AggregateAuthenticationError', 'ChainedTokenCredential authentication failed', 'provider_auth_failed'],
    ['CredentialUnavailableError', 'endpoints_resolution_error', 'provider_unreachable'],
    ['AuthenticationRequiredError', 'network_error: See https://aka.ms', 'provider_unreachable'],
    ['AuthenticationRequiredError', 'invalid_client: AADSTS700016', 'provider_auth_failed'],
  ])('stays untold after %s "%s": %s, and the secret too', async (name, message, code) => {
    const { auth } = openIdentity(() => Promise.reject(Object.assign(new Error(message), { name })));
    const failure = await failureOf(auth(AZURE, secret(APPLICATION)));
    expect(failure).toMatchObject({ code });
    expect(JSON.stringify(failure)).not.toContain('the-secret');
  });

  it.each(['{', '{}', '{"tenant_id":"t","client_id":"c"}'])('cannot be told by %s', async (text) => {
    const { auth } = openIdentity(HOUR);
    expect(await failureOf(auth(AZURE, secret(text)))).toMatchObject({ code: 'provider_auth_failed' });
  });

  it('is found out with the real library, which refuses a name that no tenant can have', async () => {
    const authorize = entraAuth()(AZURE, secret({ ...APPLICATION, tenant_id: 'no tenant' }));
    expect(await failureOf(authorize)).toMatchObject({ code: 'provider_auth_failed' });
  });
});
