import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { errorBody } from '../error-body.ts';
import { ERROR_CODES, ERRORS, GatewayError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { LOCALES } from '../localize.ts';
import { EN } from './en.ts';
import type { Alternatives, Texts } from './error-text.ts';
import { RU } from './ru.ts';
import { UK } from './uk.ts';

const TEXTS: Record<(typeof LOCALES)[number], Texts> = { en: EN, ru: RU, uk: UK };
const PARTS = ['message', 'hint'] as const;

/** What the callers of each code may pass; `provider`, `param`, `seconds` and `count` can also come by themselves. */
const VALUES: Partial<Record<ErrorCode, string[]>> = {
  invalid_request: ['param', 'problem'],
  invalid_json: ['problem'],
  unsupported_parameter: ['param', 'provider', 'reason'],
  context_length_exceeded: ['detail'],
  content_filtered: ['provider'],
  provider_refused_request: ['provider', 'detail'],
  provider_credits_exhausted: ['provider'],
  model_not_allowed: ['model'],
  address_not_allowed: ['address'],
  not_found: ['what', 'id'],
  model_not_found: ['model', 'available'],
  model_unavailable: ['model', 'available', 'missing_since'],
  unknown_route: ['method', 'path'],
  method_not_allowed: ['method', 'path'],
  conflict: ['problem'],
  request_too_large: ['limit'],
  unsupported_media_type: ['type'],
  rate_limit_exceeded: ['limit', 'seconds'],
  provider_rate_limited: ['provider', 'seconds'],
  provider_unreachable: ['provider'],
  provider_bad_answer: ['provider', 'detail'],
  provider_auth_failed: ['provider'],
  upstream_incomplete: ['provider'],
  provider_unavailable: ['provider', 'seconds'],
  all_providers_failed: ['count', 'seconds'],
  overloaded: ['seconds'],
  dependency_unavailable: ['dependency', 'seconds'],
  server_shutting_down: ['seconds'],
  deadline_exceeded: ['seconds'],
  provider_timeout: ['provider', 'seconds'],
  provider_stalled: ['provider', 'seconds'],
};

function alternativesOf(text: Alternatives): readonly string[] {
  return typeof text === 'string' ? [text] : text;
}

function placeholdersOf(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name)).toSorted();
}

/** Every sentence of a language as readers see it: without placeholders and without quoted code. */
function proseOf({ counted, things, errors }: Texts): string[] {
  const sentences = Object.values(errors).flatMap((text) => PARTS.flatMap((part) => alternativesOf(text[part])));
  const words = [...Object.values(counted), things].flatMap((table) => Object.values(table));
  return [...sentences, ...words].map((text) => text.replaceAll(/\{\w+\}|`[^`]*`/g, ''));
}

function wordsOf(texts: Texts, pattern: RegExp): string[] {
  return [...new Set(proseOf(texts).flatMap((text) => text.match(pattern) ?? []))].toSorted();
}

describe('docs/errors.md', () => {
  const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll(/^`|`$/g, '')),
    );

  it('shows as its example what the gateway really answers', () => {
    const example: unknown = JSON.parse(/```json\n(.+?)```/s.exec(page)?.[1] ?? 'null');
    const error = new GatewayError('provider_rate_limited', { provider: 'openai', retryAfterMs: 11_400 });
    expect(example).toEqual(errorBody(error, 'en', 'req_01'));
  });

  it('has one row for each error code, in the order of the table in the code', () => {
    expect(rows.map(([code]) => code)).toEqual(ERROR_CODES);
  });

  it.each(ERROR_CODES)('tells the status, type and retryability of %s, its cause and its remedy', (code) => {
    const { status, type, retryable } = ERRORS[code];
    const row = rows.find(([name]) => name === code) ?? [];
    expect(row.slice(1, 4)).toEqual([String(status), type, retryable ? 'yes' : 'no']);
    expect(row.slice(4).every((cell) => /^[A-Z].+\.$/.test(cell))).toBe(true);
    expect(row).toHaveLength(6);
  });
});

describe.each(LOCALES)('the texts in %s', (locale) => {
  const texts = TEXTS[locale];

  it('cover exactly the codes of the table', () => {
    expect(Object.keys(texts.errors)).toEqual(ERROR_CODES);
  });

  it.each(ERROR_CODES)('use the same values as the English ones for %s, and only those that are passed', (code) => {
    for (const part of PARTS) {
      const used = alternativesOf(texts.errors[code][part]).map(placeholdersOf);
      expect(used).toEqual(alternativesOf(EN.errors[code][part]).map(placeholdersOf));
      expect(VALUES[code] ?? []).toEqual(expect.arrayContaining(used.flat()));
    }
  });

  it.each(ERROR_CODES)('end in an alternative for %s that needs no value, and have none that is never used', (code) => {
    for (const part of PARTS) {
      const alternatives = alternativesOf(texts.errors[code][part]);
      expect(placeholdersOf(alternatives.at(-1) ?? '{none}')).toEqual([]);
      const needed = alternatives.map((text) => new Set(placeholdersOf(text)));
      const unreachable = needed.filter((names, at) =>
        needed.slice(0, at).some((earlier) => earlier.isSubsetOf(names)),
      );
      expect(unreachable).toEqual([]);
    }
  });

  it('are whole sentences, without stray spaces', () => {
    for (const text of Object.values(texts.errors).flatMap((error) =>
      PARTS.flatMap((part) => alternativesOf(error[part])),
    )) {
      expect(text).toMatch(/^(\p{Lu}|\{p).*(\.|\{detail\})$/u);
      expect(text).not.toMatch(/ {2}|^\s|\s$/);
    }
  });

  it('have every plural form that the language has', () => {
    const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted();
    for (const forms of Object.values(texts.counted)) expect(Object.keys(forms).toSorted()).toEqual(categories);
  });
});

describe.each([
  ['ru', RU, /[іїєґ]/i],
  ['uk', UK, /[ыэъё]/i],
] as const)('the alphabet of the texts in %s', (_, texts, foreignLetters) => {
  it('is never mixed with another inside a word', () => {
    const words = wordsOf(texts, /[\p{L}\p{M}’]+/gu);
    expect(words.filter((word) => /\p{Script=Latin}/u.test(word) && /\p{Script=Cyrillic}/u.test(word))).toEqual([]);
  });

  it('leaves only names in Latin letters', () => {
    const names = new Set(['API', 'JSON', 'OpenAI', 'URL', 'UTF']);
    expect(wordsOf(texts, /\p{Script=Latin}+/gu).filter((word) => !names.has(word))).toEqual([]);
  });

  it("has no letters of the neighbour's alphabet", () => {
    expect(proseOf(texts).filter((text) => foreignLetters.test(text))).toEqual([]);
  });
});
