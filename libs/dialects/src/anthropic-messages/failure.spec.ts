import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ERROR_CODES } from '@parley/contracts';
import { decodeFailure, decodeInBandFailure } from './failure.ts';

const error = (type: string, message: string) => ({ type: 'error', error: { type, message } });

describe('decodeFailure', () => {
  it.each([
    [401, error('authentication_error', 'invalid x-api-key'), 'provider_auth_failed', false],
    [403, error('permission_error', 'not yours'), 'provider_auth_failed', false],
    [404, error('not_found_error', 'model: claude-x'), 'model_not_found', false],
    [404, error('not_found_error', 'Not Found'), 'provider_refused_request', false],
    [404, '<html>no such page</html>', 'provider_refused_request', false],
    [400, error('invalid_request_error', 'prompt is too long: 3 tokens > 2 maximum'), 'context_length_exceeded', false],
    [
      400,
      error('invalid_request_error', 'input length and `max_tokens` exceed context limit: 9 + 9 > 10'),
      'context_length_exceeded',
      false,
    ],
    [
      400,
      error('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
      'provider_credits_exhausted',
      false,
    ],
    [402, error('billing_error', 'pay'), 'provider_credits_exhausted', false],
    [400, error('invalid_request_error', 'Output blocked by content filtering policy'), 'content_filtered', false],
    [400, error('invalid_request_error', 'messages.0: no'), 'provider_refused_request', false],
    [413, error('request_too_large', 'too large'), 'request_too_large', false],
    [413, undefined, 'request_too_large', false],
    [422, { detail: 'no' }, 'provider_refused_request', false],
    [408, undefined, 'provider_unavailable', true],
    [429, error('rate_limit_error', 'slow down'), 'provider_rate_limited', true],
    [429, 'slow down', 'provider_rate_limited', true],
    [500, error('api_error', 'Internal server error'), 'provider_unavailable', true],
    [502, '<html>bad gateway</html>', 'provider_unavailable', true],
    [503, undefined, 'provider_unavailable', true],
    [504, error('timeout_error', 'late'), 'provider_unavailable', true],
    [529, error('overloaded_error', 'Overloaded'), 'provider_unavailable', true],
    [401, error('invalid_request_error', 'a compatible service'), 'provider_auth_failed', false],
    [404, [{ error: { code: 404, message: 'Publisher Model x was not found' } }], 'model_not_found', false],
    [429, [], 'provider_rate_limited', true],
    [302, undefined, 'provider_bad_answer', true],
  ])('reads %j %j as %s', (status, body, code, retryable) => {
    const failure = decodeFailure(status, {}, body);
    expect(failure).toMatchObject({ code, retryable, upstream: { status } });
    expect(failure).not.toHaveProperty('retryAfterMs');
  });

  it('keeps what the provider said as detail', () => {
    expect(decodeFailure(529, {}, error('overloaded_error', 'Overloaded')).upstream).toEqual({
      status: 529,
      code: 'overloaded_error',
      message: 'Overloaded',
    });
    expect(decodeFailure(400, {}, { error: 'plain words' }).upstream.message).toBe('plain words');
    expect(decodeFailure(400, {}, { message: 'flat words' }).upstream.message).toBe('flat words');
    expect(decodeFailure(400, {}, [{ error: { message: 'in a list' } }]).upstream.message).toBe('in a list');
  });

  it('keeps what it said for programs, without secrets and unless it is no object or very large', () => {
    const detailsOf = (details: unknown) =>
      decodeFailure(400, {}, { error: { type: 'x', message: 'y', details } }).upstream.details;
    expect(detailsOf({ error_code: 'a', keys: ['sk-ant-api03-abcdef'] })).toEqual({ error_code: 'a', keys: ['***'] });
    for (const other of [undefined, null, 'text', ['list'], { long: 'x'.repeat(3000) }, { big: 1n }]) {
      expect(detailsOf(other)).toBeUndefined();
    }
  });

  it.each([
    ['messages.0.role: unexpected value', 'messages.0.role'],
    ['max_tokens: 9 > 8, which is the maximum', 'max_tokens'],
    ['tools.0.custom.input_schema: invalid', 'tools.0.custom.input_schema'],
    ['stop_sequences: too many', 'stop'],
    ['something: is wrong', undefined],
    ['no field here', undefined],
  ])('finds the field that %j names', (message, param) => {
    expect(decodeFailure(400, {}, error('invalid_request_error', message)).param).toBe(param);
  });

  it("obeys x-should-retry, Anthropic's own verdict", () => {
    expect(decodeFailure(529, { 'x-should-retry': 'false' }, undefined).retryable).toBe(false);
    expect(decodeFailure(409, { 'x-should-retry': 'true' }, undefined).retryable).toBe(true);
  });

  it('reads how long to wait', () => {
    const headers = { 'retry-after': '12' };
    expect(decodeFailure(429, headers, error('rate_limit_error', 'slow down')).retryAfterMs).toBe(12_000);
  });

  it('hides secrets and cuts long texts', () => {
    const { message } = decodeFailure(400, {}, error('x', `key sk-ant-api03-abcdef ${'x'.repeat(9000)}`)).upstream;
    expect(message).toHaveLength(500);
    expect(message).toMatch(/^key \*\*\* x+…$/);
  });

  it('never throws, and always gives a code of ours', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.anything(), (status, body) => {
        expect(ERROR_CODES).toContain(decodeFailure(status, {}, body).code);
        expect(ERROR_CODES).toContain(decodeFailure(status, {}, { error: body }).code);
      }),
    );
  });
});

describe('decodeInBandFailure', () => {
  it.each([
    ['overloaded_error', 'provider_unavailable', true],
    ['api_error', 'provider_unavailable', true],
    ['rate_limit_error', 'provider_rate_limited', true],
    ['invalid_request_error', 'provider_refused_request', false],
    ['an_error_of_tomorrow', 'provider_bad_answer', true],
    ['constructor', 'provider_bad_answer', true],
  ])('reads %s as %s', (type, code, retryable) => {
    expect(decodeInBandFailure(error(type, 'words'))).toEqual({
      code,
      retryable,
      upstream: { status: null, code: type, message: 'words' },
    });
  });
});
