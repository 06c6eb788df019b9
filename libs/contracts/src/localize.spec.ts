import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ERROR_CODES, GatewayError, invalidRequest } from './errors.ts';
import type { ErrorCode, ErrorDetails } from './errors.ts';
import { chooseLocale, errorText, LOCALES, retryAfterSeconds } from './localize.ts';
import type { Locale } from './localize.ts';

function messageOf(code: ErrorCode, details: ErrorDetails, locale: Locale = 'en'): string {
  return errorText(new GatewayError(code, details), locale).message;
}

describe('chooseLocale', () => {
  it.each<[string | undefined, Locale]>([
    ['ru', 'ru'],
    ['uk-UA,uk;q=0.9,en;q=0.8', 'uk'],
    ['UK-ua', 'uk'],
    ['en;q=0.3, ru ; q=0.7', 'ru'],
    ['de-DE, fr;q=0.9, uk;q=0.1', 'uk'],
    ['ru;q=0.5, uk;q=0.5', 'ru'],
    ['ru;q=0', 'en'],
    ['*', 'en'],
    ['*;q=0.1, uk;q=0.2', 'uk'],
    ['ua', 'en'],
    ['rus', 'en'],
    ['ru;q=high', 'en'],
    ['', 'en'],
    [',;q=,--,', 'en'],
    [undefined, 'en'],
  ])('reads Accept-Language %j as %s', (header, expected) => {
    expect(chooseLocale(header, null, 'en')).toBe(expected);
  });

  it("prefers the key's own setting to the header", () => {
    expect(chooseLocale('ru', 'uk', 'en')).toBe('uk');
  });

  it('answers with a known language whatever the header says', () => {
    fc.assert(fc.property(fc.string(), (header) => LOCALES.includes(chooseLocale(header, undefined, 'uk'))));
  });
});

describe('retryAfterSeconds', () => {
  it.each([
    [undefined, null],
    [0, 0],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [-5, 0],
  ])('rounds %j ms up to %j s', (retryAfterMs, expected) => {
    const error = new GatewayError('overloaded', retryAfterMs === undefined ? {} : { retryAfterMs });
    expect(retryAfterSeconds(error)).toBe(expected);
  });
});

describe('errorText', () => {
  it("carries the provider's own words when it refused the request", () => {
    const details = { provider: 'openai', values: { detail: 'max_tokens is too large.' } };
    expect(messageOf('provider_refused_request', details)).toBe('openai refused the request: max_tokens is too large.');
    expect(messageOf('provider_refused_request', details, 'ru')).toContain('отклонил запрос: max_tokens is too large.');
    expect(messageOf('provider_refused_request', details, 'uk')).toContain('відхилив запит: max_tokens is too large.');
  });

  it('names the field at fault', () => {
    expect(errorText(invalidRequest('messages', 'must be a list'), 'en').message).toBe(
      'The request is not valid: `messages` must be a list.',
    );
  });

  it('leaves out what it was not told', () => {
    expect(messageOf('model_not_found', { values: { model: 'm' } })).toBe('There is no model `m`.');
    expect(messageOf('model_not_found', { values: { model: 'm', available: '' } })).toBe('There is no model `m`.');
    expect(messageOf('provider_timeout', {})).toBe('The provider did not answer in time.');
  });

  it.each([
    ['ru', 1, '1 секунду'],
    ['ru', 3, '3 секунды'],
    ['ru', 12, '12 секунд'],
    ['ru', 1.5, '1,5 секунды'],
    ['uk', 21, '21 секунду'],
    ['uk', 22, '22 секунди'],
    ['uk', 25, '25 секунд'],
    ['en', 1, '1 second'],
    ['en', 2, '2 seconds'],
  ] as const)('in %s, puts the right form after %d', (locale, seconds, expected) => {
    const message = messageOf('provider_timeout', { provider: 'openai', values: { seconds } }, locale);
    expect(message).toMatch(new RegExp(`${expected}\\.$`));
  });

  it('tells how long to wait in the hint', () => {
    const error = new GatewayError('provider_rate_limited', { provider: 'openai', retryAfterMs: 11_001 });
    expect(errorText(error, 'ru').hint).toBe('Повторите через 12 секунд или укажите запасную модель.');
  });

  it('never passes off the time to wait as the time that was waited', () => {
    expect(messageOf('provider_timeout', { provider: 'openai', retryAfterMs: 5_000 })).toBe(
      'openai did not answer in time.',
    );
  });

  it('counts the attempts it was given', () => {
    const attempt = { provider: 'openai', model: 'm', code: 'provider_timeout', duration_ms: 5 } as const;
    expect(messageOf('all_providers_failed', { attempts: [attempt, attempt] }, 'uk')).toBe(
      'Жоден провайдер не зміг відповісти на запит: 2 невдалі спроби.',
    );
  });

  it.each([
    ['en', 'Could not find the API key `key_1`'],
    ['ru', 'Не удалось найти ключ API `key_1`'],
    ['uk', 'Не вдалося знайти ключ API `key_1`'],
  ] as const)('names the missing thing in %s', (locale, expected) => {
    expect(messageOf('not_found', { values: { what: 'key', id: 'key_1' } }, locale)).toContain(expected);
  });

  it('keeps a word that it cannot translate', () => {
    expect(messageOf('not_found', { values: { what: 'constructor', id: 'x' } })).toContain('the constructor `x`');
  });

  it('cuts long values and keeps control characters out', () => {
    const detail = `a\r\nb\u0000\u001b[31mc\u202e${'d'.repeat(1_000)}`;
    const message = messageOf('provider_refused_request', { provider: 'openai', values: { detail } });
    expect(message).toMatch(/^openai refused the request: a b \[31mc d+…$/);
    expect(message.length).toBeLessThanOrEqual('openai refused the request: '.length + 300);
  });

  it('does not cut a character in half', () => {
    const message = messageOf('provider_refused_request', { values: { detail: `a${'😀'.repeat(200)}` } });
    expect(message.isWellFormed()).toBe(true);
  });

  it('leaves no hole and no brace, whatever is known and whatever is not', () => {
    const word = fc.option(fc.constantFrom('x', 'some words', 7), { nil: undefined });
    const names = ['param', 'problem', 'provider', 'reason', 'detail', 'model', 'available', 'address', 'what', 'id'];
    names.push('method', 'path', 'limit', 'type', 'dependency', 'seconds', 'count');
    const values = fc.record(Object.fromEntries(names.map((name) => [name, word])));
    const provider = fc.option(fc.constant('openai'), { nil: undefined });
    fc.assert(
      fc.property(
        fc.constantFrom(...ERROR_CODES),
        fc.constantFrom(...LOCALES),
        values,
        provider,
        (code, locale, all, slug) => {
          const known = Object.fromEntries(
            Object.entries(all).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
          );
          const { message, hint } = errorText(
            new GatewayError(code, { values: known, ...(slug && { provider: slug }) }),
            locale,
          );
          for (const text of [message, hint]) {
            expect(text).toMatch(/^\S.*\S$/);
            expect(text).not.toMatch(/[{}]|``|undefined|null|NaN| {2}|: \.| \./);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('does not fill placeholders that stand in a value', () => {
    const details = { provider: 'openai', values: { detail: 'bad {provider} $& {seconds}' } };
    expect(messageOf('provider_refused_request', details)).toBe(
      'openai refused the request: bad {provider} $& {seconds}',
    );
  });
});
