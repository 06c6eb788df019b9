import type { GatewayError } from './errors.ts';
import { EN } from './texts/en.ts';
import type { Alternatives, Texts } from './texts/error-text.ts';
import { RU } from './texts/ru.ts';
import { UK } from './texts/uk.ts';

/** Languages of messages, as ISO 639-1 codes. */
export const LOCALES = ['en', 'ru', 'uk'] as const;
export type Locale = (typeof LOCALES)[number];

const MAX_VALUE_LENGTH = 300;
const TEXTS: Record<Locale, Texts> = { en: EN, ru: RU, uk: UK };
const PLURALS: Record<Locale, Intl.PluralRules> = {
  en: new Intl.PluralRules('en'),
  ru: new Intl.PluralRules('ru'),
  uk: new Intl.PluralRules('uk'),
};

/**
 * The caller's language: the API key's own setting, else the best match of `Accept-Language`, else `fallback`.
 * Ranges are matched by their language alone (`uk-UA` is `uk`); one that cannot be read is ignored.
 */
export function chooseLocale(
  acceptLanguage: string | undefined,
  preferred: Locale | null | undefined,
  fallback: Locale,
): Locale {
  if (preferred) return preferred;
  let best = { locale: fallback, quality: 0 };
  for (const range of acceptLanguage?.split(',') ?? []) {
    // RFC 9110 12.4.2: a weight is 0 to 1, absent means 1, and 0 means "not acceptable".
    const [, tag = '', weight = '1'] =
      /^\s*([a-z]+|\*)(?:-[a-z0-9-]+)?\s*(?:;\s*q=(0(?:\.\d*)?|1(?:\.0*)?)\s*)?$/i.exec(range) ?? [];
    const locale = tag === '*' ? fallback : LOCALES.find((known) => known === tag.toLowerCase());
    if (locale && Number(weight) > best.quality) best = { locale, quality: Number(weight) };
  }
  return best.locale;
}

/** `Retry-After` in whole seconds, rounded up: asking sooner only earns the same refusal. Null when nothing is known. */
export function retryAfterSeconds({ details: { retryAfterMs } }: GatewayError): number | null {
  return retryAfterMs === undefined ? null : Math.max(0, Math.ceil(retryAfterMs / 1000));
}

/** The error's message and hint in one language, its values filled in. Never throws, whatever values are missing. */
export function errorText(error: GatewayError, locale: Locale): { message: string; hint: string } {
  const { provider, param, attempts, values } = error.details;
  // In a timeout's text `{seconds}` is how long was waited: there Retry-After must not stand in for it.
  const seconds = error.status === 504 ? undefined : retryAfterSeconds(error) || undefined;
  const known = { provider, param, seconds, count: attempts?.length || undefined, ...values };
  const { message, hint } = TEXTS[locale].errors[error.code];
  return { message: fill(message, known, locale), hint: fill(hint, known, locale) };
}

function fill(text: Alternatives, values: Record<string, string | number | undefined>, locale: Locale): string {
  const alternatives = typeof text === 'string' ? [text] : text;
  for (const alternative of alternatives) {
    let complete = true;
    const filled = alternative.replace(/\{(\w+)\}/g, (_, name: string) => {
      const word = render(name, values[name], locale);
      complete &&= word !== '';
      return word;
    });
    if (complete) return filled;
  }
  return '';
}

function render(name: string, value: string | number | undefined, locale: Locale): string {
  const { counted, things } = TEXTS[locale];
  const plain = clean(value);
  if (name === 'what') return lookUp(things, plain) ?? plain;
  const forms = lookUp(counted, name);
  if (!forms || typeof value !== 'number') return plain;
  return `${value.toLocaleString(locale)} ${forms[PLURALS[locale].select(value)] ?? forms.other}`;
}

/** Values may come from callers and providers: they must not break a log line, a terminal or the sentence around them. */
function clean(value: string | number | undefined): string {
  const text = String(value ?? '');
  const cut = text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH - 1).toWellFormed()}…` : text;
  return cut.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}

function lookUp<Value>(table: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
