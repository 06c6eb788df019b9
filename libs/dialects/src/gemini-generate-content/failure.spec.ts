import { describe, expect, it } from '@jest/globals';
import { UpstreamFailureError } from '../dialect.ts';
import { badAnswer, decodeFailure, throwIfError } from './failure.ts';

const error = (status: string, message: string, ...details: unknown[]) => ({ error: { message, status, details } });

describe('decodeFailure', () => {
  it.each<[number, unknown, string, boolean]>([
    [400, error('INVALID_ARGUMENT', 'x', { reason: 'API_KEY_INVALID' }), 'provider_auth_failed', false],
    [400, error('INVALID_ARGUMENT', 'API key expired. Please renew the API key.'), 'provider_auth_failed', false],
    [401, error('UNAUTHENTICATED', 'x'), 'provider_auth_failed', false],
    [403, error('PERMISSION_DENIED', 'x'), 'provider_auth_failed', false],
    [402, undefined, 'provider_credits_exhausted', false],
    [404, error('NOT_FOUND', 'models/x is not found'), 'model_not_found', false],
    [404, error('NOT_FOUND', 'Not found: cache content metadata 1'), 'provider_refused_request', false],
    [400, error('INVALID_ARGUMENT', 'The input token count (9) exceeds the maximum'), 'context_length_exceeded', false],
    [400, error('INVALID_ARGUMENT', 'bad temperature'), 'provider_refused_request', false],
    [413, '<html>too large</html>', 'provider_refused_request', false],
    [429, error('RESOURCE_EXHAUSTED', 'slow down'), 'provider_rate_limited', true],
    [408, undefined, 'provider_unavailable', true],
    [499, undefined, 'provider_unavailable', true],
    [500, error('INTERNAL', 'x'), 'provider_unavailable', true],
    [503, [error('UNAVAILABLE', 'overloaded')], 'provider_unavailable', true],
    [504, null, 'provider_unavailable', true],
    [529, '', 'provider_unavailable', true],
    [302, undefined, 'provider_bad_answer', true],
  ])('reads %d %j as %s', (status, body, code, retryable) => {
    const failure = decodeFailure(status, {}, body);
    expect(failure).toMatchObject({ code, retryable, upstream: { status } });
  });

  it('takes the waiting time from the body, else from the headers', () => {
    const delay = (retryDelay: string) => error('RESOURCE_EXHAUSTED', 'x', { retryDelay });
    expect(decodeFailure(429, { 'retry-after': '7' }, delay('12s')).retryAfterMs).toBe(12_000);
    expect(decodeFailure(429, {}, [delay('1.5s')]).retryAfterMs).toBe(1500);
    expect(decodeFailure(429, { 'retry-after': '7' }, delay('soon')).retryAfterMs).toBe(7000);
    expect(decodeFailure(429, {}, undefined).retryAfterMs).toBeUndefined();
  });

  it('does not ask again at once where the quota is daily or none', () => {
    const daily = { violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }] };
    for (const body of [
      error('RESOURCE_EXHAUSTED', 'x', daily),
      error('RESOURCE_EXHAUSTED', 'Quota exceeded, limit: 0'),
    ]) {
      expect(decodeFailure(429, {}, body)).toMatchObject({ code: 'provider_rate_limited', retryable: false });
    }
  });

  it.each([
    ['generation_config.temperature', 'temperature'],
    ['generationConfig.stopSequences', 'stop'],
    ['contents[0].parts[1]', 'messages'],
    ['tools[0].function_declarations[0].name', 'tools'],
    ['something.else', 'something.else'],
  ])('names %s as %s', (field, param) => {
    const body = error('INVALID_ARGUMENT', 'x', { fieldViolations: [{ field, description: 'wrong' }] });
    expect(decodeFailure(400, {}, body).param).toBe(param);
  });

  it('cuts the message and hides keys in it', () => {
    const key = `AIza${'x'.repeat(35)}`;
    const { upstream } = decodeFailure(400, {}, error('INVALID_ARGUMENT', `${key} ${'long '.repeat(200)}`));
    expect(upstream.message).not.toContain(key);
    expect(upstream.message).toHaveLength(500);
    expect(upstream.code).toBe('INVALID_ARGUMENT');
  });

  it('survives bodies of any shape', () => {
    for (const body of [
      undefined,
      null,
      7,
      'text',
      [],
      [null],
      {},
      { error: null },
      { error: 'x' },
      { error: { details: 7 } },
    ]) {
      expect(decodeFailure(400, {}, body).code).toBe('provider_refused_request');
    }
  });
});

describe('throwIfError', () => {
  const thrownBy = (body: unknown) => {
    try {
      throwIfError(body);
    } catch (thrown) {
      return thrown instanceof UpstreamFailureError ? thrown.failure : thrown;
    }
    return undefined;
  };

  it('reads the status from the error, by number or by name', () => {
    expect(thrownBy({ error: { code: 429 } })).toMatchObject({ code: 'provider_rate_limited' });
    expect(thrownBy([error('UNAVAILABLE', 'x')])).toMatchObject({
      code: 'provider_unavailable',
      upstream: { status: 503, code: 'UNAVAILABLE' },
    });
    expect(thrownBy({ error: { message: 'x' } })).toMatchObject({ code: 'provider_unavailable', retryable: true });
  });

  it('lets everything else pass', () => {
    for (const body of [undefined, 'x', [], {}, { candidates: [] }]) expect(thrownBy(body)).toBeUndefined();
  });
});

describe('badAnswer', () => {
  it('may be asked for again', () => {
    expect(badAnswer('x', 'MALFORMED_FUNCTION_CALL').failure).toEqual({
      code: 'provider_bad_answer',
      retryable: true,
      upstream: { status: 200, code: 'MALFORMED_FUNCTION_CALL', message: 'x' },
    });
  });
});
