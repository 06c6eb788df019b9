import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@parley/contracts';
import fc from 'fast-check';
import { decodeFailure } from './failure.ts';

describe('classifying a failure of Cohere', () => {
  it.each<[number, unknown, ErrorCode, boolean]>([
    [400, 'too many tokens: total number of tokens in the prompt cannot exceed 4081', 'context_length_exceeded', false],
    [400, 'TOO_MANY_TOKENS', 'context_length_exceeded', false],
    [400, 'too many tokens: max tokens must be less than or equal to 4096', 'provider_refused_request', false],
    [400, 'invalid request: response_format is not supported with RAG.', 'provider_refused_request', false],
    [401, 'no api key supplied', 'provider_auth_failed', false],
    [401, 'invalid api token', 'provider_auth_failed', false],
    [402, 'Please add or update your payment method', 'provider_credits_exhausted', false],
    [404, "model 'command-x' not found, make sure the correct model ID was used", 'model_not_found', false],
    [404, "model 'command' was removed on September 15, 2025.", 'model_not_found', false],
    [404, '404 page not found', 'provider_refused_request', false],
    [422, 'unprocessable', 'provider_refused_request', false],
    [429, 'You are using a Trial key, which is limited to 10 calls / minute', 'provider_rate_limited', true],
    [498, 'blocked output: please try again', 'content_filtered', false],
    [499, 'request cancelled', 'provider_unavailable', true],
    [500, 'internal server error', 'provider_unavailable', true],
    [503, '', 'provider_unavailable', true],
  ])('%i %s is %s', (status, message, code, retryable) => {
    expect(decodeFailure(status, {}, { id: 'x', message })).toMatchObject({ code, retryable, upstream: { status } });
  });

  it('tells when to come back, and no secrets', () => {
    const message = 'key=abcdef was used too often';
    expect(decodeFailure(429, { 'retry-after': '7' }, { message })).toMatchObject({
      retryAfterMs: 7000,
      upstream: { message: 'key=*** was used too often' },
    });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.anything(), (status, body) => {
        expect(decodeFailure(status, {}, body).upstream.status).toBe(status);
      }),
    );
  });
});
