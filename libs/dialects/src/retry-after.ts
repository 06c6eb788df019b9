import type { HeaderMap } from './dialect.ts';

/**
 * How long a provider asks us to wait, in milliseconds: `retry-after-ms`, else `Retry-After` as seconds or as a date.
 * A date is measured against the answer's own `Date` header, because a dialect has no clock; without that header, and
 * for anything unreadable, the answer is undefined.
 * Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfterMs(headers: HeaderMap): number | undefined {
  const milliseconds = readDecimal(readHeader(headers, 'retry-after-ms'));
  if (milliseconds !== undefined) return Math.ceil(milliseconds);
  const value = readHeader(headers, 'retry-after');
  const seconds = readDecimal(value);
  if (seconds !== undefined) return Math.ceil(seconds * 1000);
  const until = readDate(value);
  const now = readDate(readHeader(headers, 'date'));
  return until === undefined || now === undefined ? undefined : Math.max(0, until - now);
}

function readHeader(headers: HeaderMap, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.trim();
}

function readDecimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Only the form that HTTP prescribes (`Wed, 19 Aug 2026 14:34:17 GMT`): `Date.parse` alone would take far more. */
function readDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) {
    return undefined;
  }
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
