import type { UsageRow } from './types.ts';

/** What JSON.stringify writes for U+0000 and for half of a surrogate pair, neither of which jsonb takes. */
const REFUSED_ESCAPE = /\\u(?:0000|d[89a-f])/;

/**
 * Writes the rows as one JSON text that Postgres takes whatever the callers put into model names: one refused character
 * would refuse all rows of the statement. (https://www.postgresql.org/docs/current/datatype-json.html)
 */
export function serialiseRows(rows: UsageRow[]): string {
  const text = JSON.stringify(rows);
  if (!REFUSED_ESCAPE.test(text)) return text;
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('\0', '\uFFFD').toWellFormed() : value,
  );
}
