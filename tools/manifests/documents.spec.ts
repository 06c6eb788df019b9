import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '@parley/contracts';
import { PROVIDERS } from '../../libs/providers/src/registry.ts';
import { SETTINGS } from './variable-names.ts';

const REQUIRED = { DATABASE_URL: 'postgresql://parley@127.0.0.1/parley', ENCRYPTION_MASTER_KEY: '0'.repeat(64) };

describe('the settings in docs/operations.md', () => {
  const rows = new Map(rowsOf('docs/operations.md', 'variable').map(([name = '', value = '']) => [name, value]));

  it('are the variables that are read, and no other', () => {
    expect([...rows.keys()].toSorted()).toEqual(SETTINGS.toSorted());
  });

  it('have the defaults that hold', () => {
    const defaults: Record<string, unknown> = readEnvironment(REQUIRED);
    for (const [name, told] of rows) {
      const value = name in REQUIRED ? 'required' : String(defaults[name] ?? '');
      expect(`${name}=${told}`).toBe(`${name}=${value}`);
    }
  });
});

describe('the table in docs/providers.md', () => {
  it('is the registry', () => {
    expect(rowsOf('docs/providers.md', '`provider`')).toEqual(
      PROVIDERS.map(({ id, dialects, environment, baseUrl }) => [
        id,
        dialects.map((dialect) => dialect.id).join(', '),
        environment?.apiKey.join(', ') ?? '',
        baseUrl ?? 'every connection brings its own',
      ]),
    );
  });
});

/** The cells, without code marks, of the table whose first heading this is. */
function rowsOf(page: string, heading: string): string[][] {
  const lines = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}
