import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@parley/contracts';
import { decodeEmbeddedFailure, decodeFailure } from './failure.ts';

const openai = (message: string, fields: object = {}): unknown => ({
  error: { message, type: 'invalid_request_error', param: null, code: null, ...fields },
});

describe('error answers of compatible providers', () => {
  it.each<[name: string, status: number, body: unknown, code: ErrorCode]>([
    ['OpenAI, bad key', 401, openai('Incorrect API key provided', { code: 'invalid_api_key' }), 'provider_auth_failed'],
    ['OpenAI, unknown model', 404, openai('The model does not exist', { code: 'model_not_found' }), 'model_not_found'],
    ['OpenAI, unknown model at 400', 400, openai('no such model', { code: 'model_not_found' }), 'model_not_found'],
    [
      'OpenAI, prompt too long',
      400,
      openai('too long', { code: 'context_length_exceeded' }),
      'context_length_exceeded',
    ],
    [
      'OpenAI, bad parameter',
      400,
      openai('Unsupported', { code: 'unsupported_parameter' }),
      'provider_refused_request',
    ],
    ['OpenAI, quota used up', 429, openai('quota', { code: 'insufficient_quota' }), 'provider_credits_exhausted'],
    ['OpenAI, rate limit', 429, openai('slow down', { code: 'rate_limit_exceeded' }), 'provider_rate_limited'],
    [
      'OpenAI, its own trouble',
      500,
      openai('The server had an error', { type: 'server_error' }),
      'provider_unavailable',
    ],
    ['Azure, filtered', 400, openai('filtered', { code: 'content_filter', type: null }), 'content_filtered'],
    ['Azure, unknown deployment', 404, { error: { code: '404', message: 'Resource not found' } }, 'model_not_found'],
    [
      'xAI, bad key: error is a string',
      400,
      { code: 'invalid-argument', error: 'Incorrect API key provided: xa***' },
      'provider_auth_failed',
    ],
    ['Mistral, bad key: detail', 401, { detail: 'Invalid API Key' }, 'provider_auth_failed'],
    ['Mistral, bad body: detail is a list', 422, { detail: [{ loc: ['body'], msg: 'x' }] }, 'provider_refused_request'],
    [
      'DeepSeek, bad key',
      401,
      openai('Authentication Fails', { code: 'invalid_request_error' }),
      'provider_auth_failed',
    ],
    [
      'DeepSeek, prompt too long',
      400,
      openai("This model's maximum context length is 10 tokens."),
      'context_length_exceeded',
    ],
    ['DeepSeek, no money', 402, openai('Insufficient Balance'), 'provider_credits_exhausted'],
    [
      'OpenRouter, bad key: numeric code',
      401,
      { error: { message: 'Missing header', code: 401 } },
      'provider_auth_failed',
    ],
    ['OpenRouter, rate limit', 429, { error: { message: 'Rate limit', code: 429 } }, 'provider_rate_limited'],
    [
      'OpenRouter, overloaded',
      502,
      { error: { message: 'Provider returned error', code: 502 } },
      'provider_unavailable',
    ],
    [
      'Ollama, prompt too long',
      400,
      openai('prompt too long; exceeded max context length by 1 tokens'),
      'context_length_exceeded',
    ],
    [
      'Perplexity, prompt too long',
      400,
      {
        error: { message: 'The total length of all messages is too long.', type: 'too_many_prompt_tokens', code: 400 },
      },
      'context_length_exceeded',
    ],
    ['Groq, tool call failed', 400, openai('no call', { code: 'tool_use_failed' }), 'provider_refused_request'],
    ['a proxy, page of HTML', 502, '<html><body>Bad Gateway</body></html>', 'provider_unavailable'],
    ['a proxy, forbidden', 403, '<html>no</html>', 'provider_auth_failed'],
    ['an overload without words', 529, undefined, 'provider_unavailable'],
    ['too large', 413, undefined, 'request_too_large'],
    ['timed out there', 408, null, 'provider_unavailable'],
    ['no JSON object', 400, [1, 2], 'provider_refused_request'],
    ['an empty object', 400, {}, 'provider_refused_request'],
    ['a status that nobody uses', 418, 'teapot', 'provider_refused_request'],
    ['a redirect', 302, '', 'provider_bad_answer'],
    ['an answer without content', 204, undefined, 'provider_bad_answer'],
  ])('%s', (_name, status, body, code) => {
    const failure = decodeFailure(status, {}, body);
    expect(failure.code).toBe(code);
    expect(failure.retryable).toBe(code === 'provider_rate_limited' || code === 'provider_unavailable');
    expect(failure.upstream.status).toBe(status);
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
    ['a mere string', { error: 'boom' }, 'provider_unavailable', 500],
    ['nothing readable', 'boom', 'provider_unavailable', 500],
  ])('%s; it is never tried again unseen', (_name, body, code, status) => {
    expect(decodeEmbeddedFailure(body)).toMatchObject({ code, retryable: false, upstream: { status } });
  });
});
