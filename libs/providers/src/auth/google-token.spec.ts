import { describe, expect, it } from '@jest/globals';
import type { Authorize } from './authorize.ts';
import { googleAuth, type GoogleAuthLibrary } from './google-token.ts';

const VERTEX = { baseUrl: 'https://us-central1-aiplatform.googleapis.com', options: {} };
const ACCOUNT = {
  type: 'service_account',
  client_email: 'parley@project.iam.gserviceaccount.com',
  private_key: '-----BEGIN PRIVATE KEY-----\nbm8ga2V5\n-----END PRIVATE KEY-----\n',
  token_uri: 'http://169.254.169.254/token',
};
const NEVER = new AbortController().signal;
const CALL = { method: 'POST', origin: 'https://a.example', path: '/', headers: {}, body: '' } as const;

/** Stands in for `google-auth-library`. */
function openLibrary(getAccessToken: () => Promise<{ token: string | null }>, lifeMs = 3_600_000) {
  const made: unknown[] = [];
  class Client {
    credentials = { expiry_date: Date.now() + lifeMs };
    constructor(given: unknown) {
      made.push(given);
    }
    getAccessToken() {
      return getAccessToken();
    }
    getClient() {
      return Promise.resolve(this);
    }
  }
  const library: GoogleAuthLibrary = { JWT: Client, GoogleAuth: Client };
  return { made, auth: googleAuth(() => Promise.resolve(library)) };
}

const good = () => Promise.resolve({ token: 'ya29.token' });
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

describe('who calls Google Cloud', () => {
  it('is told by a token that is given as it is', () => {
    expect(openLibrary(good).auth(VERTEX, secret('ya29.given'))).toBe('bearer');
  });

  it('is told by a token of the service account, which is asked for once and at Google itself', async () => {
    const { auth, made } = openLibrary(good);
    for (const authorize of [auth(VERTEX, secret(ACCOUNT)), auth(VERTEX, secret(ACCOUNT))] as Authorize[]) {
      expect(await authorize(CALL, NEVER)).toEqual({ authorization: 'Bearer ya29.token' });
    }
    const { client_email: email, private_key: key } = ACCOUNT;
    expect(made).toEqual([{ email, key, scopes: ['https://www.googleapis.com/auth/cloud-platform'] }]);
  });

  it('is told by the default credentials of this machine, to Google only', async () => {
    const { auth, made } = openLibrary(good);
    const authorize = auth(VERTEX, undefined) as Authorize;
    expect(await authorize(CALL, NEVER)).toEqual({ authorization: 'Bearer ya29.token' });
    expect(made).toHaveLength(1);
    for (const baseUrl of ['https://googleapis.com.evil.example', 'http://x.googleapis.com', 'http://127.0.0.1:1']) {
      expect(await failureOf(auth({ ...VERTEX, baseUrl }, undefined))).toMatchObject({ code: 'provider_auth_failed' });
    }
    expect(made).toHaveLength(1);
  });

  it.each([
    ['no credentials found', {}, 'provider_auth_failed'],
    ['a key that is none', { code: 'ERR_OSSL_UNSUPPORTED' }, 'provider_auth_failed'],
    ['a refusal', { status: 400, code: '400' }, 'provider_auth_failed'],
    ['too many requests', { status: 429, code: '429' }, 'provider_unreachable'],
    ['trouble at Google', { status: 503 }, 'provider_unreachable'],
    ['no network', { code: 'ENOTFOUND' }, 'provider_unreachable'],
  ])('stays untold after %s', async (_what, facts, code) => {
    const { auth } = openLibrary(() => Promise.reject(Object.assign(new Error('told'), facts)));
    expect(await failureOf(auth(VERTEX, secret(ACCOUNT)))).toMatchObject({ code });
  });

  it.each([
    '{',
    '{}',
    '{"type":"external_account","client_email":"a","private_key":"b"}',
    '{"type":"service_account","client_email":"a"}',
  ])('cannot be told by %s', async (text) => {
    const { auth, made } = openLibrary(good);
    expect(await failureOf(auth(VERTEX, secret(text)))).toMatchObject({ code: 'provider_auth_failed' });
    expect(made).toHaveLength(0);
  });

  it('is found out with the real library, which refuses a key that is none', async () => {
    const failure = await failureOf(googleAuth()(VERTEX, secret(ACCOUNT)));
    expect(failure).toMatchObject({ code: 'provider_auth_failed' });
    expect(JSON.stringify(failure)).not.toContain('bm8ga2V5');
  });
});
