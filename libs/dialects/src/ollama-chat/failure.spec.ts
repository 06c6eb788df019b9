import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@parley/contracts';
import fc from 'fast-check';
import { decodeFailure } from './failure.ts';

describe('classifying a failure of Ollama', () => {
  it.each<[number, unknown, ErrorCode, boolean]>([
    [404, { error: "model 'x' not found" }, 'model_not_found', false],
    [404, { error: 'model "x" not found, try pulling it first' }, 'model_not_found', false],
    [404, '404 page not found', 'provider_refused_request', false],
    [400, { error: 'prompt too long; exceeded max context length by 9 tokens' }, 'context_length_exceeded', false],
    [400, { error: 'the input length exceeds the context length' }, 'context_length_exceeded', false],
    [400, { error: '"x" does not support tools' }, 'provider_refused_request', false],
    [401, { error: 'unauthorized' }, 'provider_auth_failed', false],
    [403, { error: 'this model requires a subscription' }, 'provider_auth_failed', false],
    [429, { error: 'you have reached your hourly usage limit' }, 'provider_rate_limited', true],
    [500, { error: { message: 'llama runner process has terminated' } }, 'provider_unavailable', true],
    [503, { error: 'server busy, please try again' }, 'provider_unavailable', true],
    [502, '<html>', 'provider_unavailable', true],
    [302, undefined, 'provider_bad_answer', true],
  ])('%i %j is %s', (status, body, code, retryable) => {
    expect(decodeFailure(status, {}, body)).toMatchObject({ code, retryable, upstream: { status } });
  });

  it('tells when to come back, and no secrets', () => {
    const failure = decodeFailure(429, { 'retry-after': '7' }, { error: 'Bearer abcdefgh was used too often' });
    expect(failure).toMatchObject({ retryAfterMs: 7000, upstream: { message: 'Bearer *** was used too often' } });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.anything(), (status, body) => {
        expect(decodeFailure(status, {}, body).upstream.status).toBe(status);
      }),
    );
  });
});
