import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeFailure } from './failure.ts';

const kindHeader = (kind: string) => ({
  'x-amzn-errortype': `${kind}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
});

describe('a failure', () => {
  it.each([
    [
      403,
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      'provider_auth_failed',
    ],
    [403, 'ExpiredTokenException', 'expired', 'provider_auth_failed'],
    [403, 'AccessDeniedException', "You don't have access to the model", 'provider_auth_failed'],
    [404, 'ResourceNotFoundException', 'no such model', 'model_not_found'],
    [400, 'ValidationException', 'The provided model identifier is invalid.', 'model_not_found'],
    [400, 'ValidationException', 'Input is too long for requested model.', 'context_length_exceeded'],
    [400, 'ValidationException', 'prompt is too long: 200001 tokens > 200000 maximum', 'context_length_exceeded'],
    [400, 'ValidationException', 'Output blocked by content filtering policy', 'content_filtered'],
    [400, 'ValidationException', 'The generated text has been blocked by our content filters.', 'content_filtered'],
    [400, 'ServiceQuotaExceededException', 'too many', 'provider_rate_limited'],
    [429, 'ThrottlingException', 'Too many tokens per day', 'provider_rate_limited'],
    [429, 'ModelNotReadyException', 'not ready', 'provider_unavailable'],
    [408, 'ModelTimeoutException', 'too slow', 'provider_timeout'],
    [424, 'ModelErrorException', 'the model failed', 'provider_unavailable'],
    [500, 'InternalServerException', 'oh', 'provider_unavailable'],
  ])('with %i %s "%s" is %s', (status, kind, message, code) => {
    const failure = decodeFailure(status, kindHeader(kind), { message });
    expect(failure).toMatchObject({ code, upstream: { status, code: kind, message } });
  });

  it.each([
    [400, 'provider_refused_request'],
    [401, 'provider_auth_failed'],
    [404, 'provider_refused_request'],
    [413, 'provider_refused_request'],
    [429, 'provider_rate_limited'],
    [502, 'provider_unavailable'],
  ])('of status %i without a kind is %s', (status, code) => {
    expect(decodeFailure(status, {}, undefined)).toMatchObject({ code, upstream: { code: null, message: null } });
  });

  it('may tell its kind in the body, and its words with a capital', () => {
    const body = { __type: 'com.amazon.coral.service#UnrecognizedClientException', Message: 'no' };
    expect(decodeFailure(403, {}, body)).toMatchObject({
      code: 'provider_auth_failed',
      upstream: { code: 'UnrecognizedClientException', message: 'no' },
    });
  });

  it('says when to come back, and quotes no key', () => {
    const headers = { ...kindHeader('ThrottlingException'), 'retry-after': '3' };
    expect(decodeFailure(429, headers, { message: 'AKIAABCDEFGHIJKLMNOP asks too much' })).toMatchObject({
      retryAfterMs: 3000,
      retryable: true,
      upstream: { message: '*** asks too much' },
    });
  });

  it('is read from whatever comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.anything(), (status, body) => {
        expect(decodeFailure(status, {}, body).upstream.status).toBe(status);
      }),
    );
  });
});
