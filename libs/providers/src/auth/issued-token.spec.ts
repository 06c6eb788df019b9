import { describe, expect, it } from '@jest/globals';
import { bearerOf, isAtVendor } from './issued-token.ts';
import { TokenCache } from './token-cache.ts';

const CALL = { method: 'POST', origin: 'https://a.example', path: '/', headers: {}, body: '' } as const;

describe('a token that an issuer gives', () => {
  it('is waited for so long and no longer, and then asked for anew', async () => {
    const signals: AbortSignal[] = [];
    const authorize = bearerOf(
      new TokenCache(),
      'a',
      (signal) => {
        signals.push(signal);
        if (signals.length === 1) return new Promise(() => {});
        return Promise.resolve({ text: 'token', expiresAtMs: Date.now() + 3_600_000 });
      },
      20,
    );
    const call = async () => authorize(CALL, new AbortController().signal);
    await expect(call()).rejects.toMatchObject({ failure: { code: 'provider_unreachable', retryable: true } });
    expect(signals[0]!.aborted).toBe(true);
    expect(await call()).toEqual({ authorization: 'Bearer token' });
  });
});

describe('this machine’s own identity', () => {
  it.each([
    ['https://a.vendor.example', true],
    ['https://a.vendor.example:8443/x', true],
    ['http://a.vendor.example', false],
    ['https://vendor.example.evil', false],
    ['https://evil/a.vendor.example', false],
  ])('may be shown at %s: %s', (baseUrl, isAllowed) => {
    expect(isAtVendor(baseUrl, /\.vendor\.example$/)).toBe(isAllowed);
  });
});
