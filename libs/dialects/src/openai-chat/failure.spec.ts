import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@parley/contracts';
import { decodeEmbeddedFailure, decodeFailure } from './failure.ts';

const openai = (message: string, fields: object = {}): unknown => ({
  error: { message, type: 'invalid_request_error', param: null, code: null, ...fields },
});

describe('error answers of compatible providers', () => {
  it.each<[status: number, code: ErrorCode, retryable: boolean]>([
    [429, 'provider_rate_limited', true],
    [503, 'provider_unavailable', true],
    [402, 'provider_credits_exhausted', false],
    [401, 'provider_auth_failed', false],
    [400, 'provider_refused_request', false],
  ])('of status %i are %s', (status, code, retryable) => {
    expect(decodeFailure(status, {}, undefined)).toEqual({
      code,
      retryable,
      upstream: { status, code: null, message: null },
    });
  });

  it('keeps what the provider said: message, code and field', () => {
    expect(decodeFailure(400, {}, openai('Bad value', { code: 'x', param: 'messages[0].role' }))).toEqual({
      code: 'provider_refused_request',
      retryable: false,
      param: 'messages.0.role',
      upstream: { status: 400, code: 'x', message: 'Bad value' },
    });
    expect(decodeFailure(401, {}, { error: { message: 'm', code: 401 } }).upstream.code).toBe('401');
    expect(decodeFailure(401, {}, { detail: 'Invalid API Key' }).upstream.message).toBe('Invalid API Key');
    expect(decodeFailure(500, {}, '<html>secret path</html>').upstream.message).toBeNull();
    expect(decodeFailure(503, {}, ' upstream connect error ').upstream.message).toBe('upstream connect error');
  });

  it('never repeats a key, and cuts long messages', () => {
    const said = `Incorrect API key provided: sk-proj-abcdefgh1234567890. ${'x'.repeat(1000)}`;
    const { message } = decodeFailure(401, {}, openai(said)).upstream;
    expect(message).toMatch(/^Incorrect API key provided: \*\*\*/);
    expect(message).not.toContain('abcdefgh');
    expect(message!.length).toBeLessThanOrEqual(500);
  });

  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '2' }, 2000],
    ['milliseconds before seconds', { 'retry-after': '2', 'retry-after-ms': '150' }, 150],
    [
      'a date, by the clock of the answer',
      { 'retry-after': 'Wed, 19 Aug 2026 14:34:27 GMT', date: 'Wed, 19 Aug 2026 14:34:17 GMT' },
      10_000,
    ],
    ['nothing', {}, undefined],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
  ])('reads how long to wait: %s', (_name, headers, expected) => {
    expect(decodeFailure(429, headers, undefined).retryAfterMs).toBe(expected);
    expect(decodeFailure(503, headers, undefined).retryAfterMs).toBe(expected);
    expect(decodeFailure(400, headers, undefined).retryAfterMs).toBeUndefined();
  });

  it('obeys a provider that says not to try again, and not one that says to repeat a refusal', () => {
    expect(decodeFailure(500, { 'x-should-retry': 'false' }, undefined).retryable).toBe(false);
    expect(decodeFailure(400, { 'x-should-retry': 'true' }, undefined).retryable).toBe(false);
  });
});

describe('errors inside an answer that said 200', () => {
  it.each<[name: string, body: unknown, code: ErrorCode, status: number]>([
    [
      'a numeric code is the status it would have had',
      { error: { message: 'x', code: 429 } },
      'provider_rate_limited',
      429,
    ],
    ['a refusal by its type', openai('bad tool call'), 'provider_refused_request', 400],
    ['anything else', { error: { message: 'boom', type: 'server_error' } }, 'provider_unavailable', 500],
    [
      'a status of its own beside the code (Azure)',
      { error: { message: 'x', code: 'content_filter', status: 400 } },
      'content_filtered',
      400,
    ],
    [
      'a status_code of its own (Groq)',
      { error: { message: 'x', code: 'tool_use_failed', status_code: 400 } },
      'provider_refused_request',
      400,
    ],
    [
      'words where there is no status',
      { error: { message: 'x', code: 'rate_limit_exceeded' } },
      'provider_rate_limited',
      500,
    ],
    ['words on money', { error: { message: 'Insufficient balance' } }, 'provider_credits_exhausted', 500],
    ['a mere string', { error: 'boom' }, 'provider_unavailable', 500],
    ['nothing readable', 'boom', 'provider_unavailable', 500],
  ])('%s; it is never tried again unseen', (_name, body, code, status) => {
    expect(decodeEmbeddedFailure(body)).toMatchObject({ code, retryable: false, upstream: { status } });
  });
});
