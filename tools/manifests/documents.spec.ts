import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from '@parley/contracts';
import { PROVIDERS } from '../../libs/providers/src/registry.ts';
import { SETTINGS } from './variable-names.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
const find = (pattern: string): string[] =>
  globSync(pattern, { cwd: ROOT, exclude: ['**/node_modules/**', '**/dist/**', '.data/**'] });
const pages = find('**/*.md');
const REQUIRED = { DATABASE_URL: 'postgresql://parley@127.0.0.1/parley', ENCRYPTION_MASTER_KEY: '0'.repeat(64) };

describe('the settings in docs/operations.md', () => {
  const rows = new Map(rowsOf('docs/operations.md', 'variable').map(([name = '', value = '']) => [name, value]));

  it('are the variables that are read, and no other', () => {
    expect([...rows.keys()].toSorted()).toEqual(SETTINGS.toSorted());
  });

  it('have the defaults that hold', () => {
    const defaults = new Map(Object.entries(readEnvironment(REQUIRED)));
    for (const [name, told] of rows) {
      const value = name in REQUIRED ? 'required' : (defaults.get(name) ?? '');
      expect(`${name}=${told}`).toBe(`${name}=${value}`);
    }
  });
});

describe('the table in docs/providers.md', () => {
  it('is the registry', () => {
    expect(rowsOf('docs/providers.md', '`provider`')).toEqual(
      PROVIDERS.map(({ id, dialects, environment, baseUrl, ...rest }) => [
        id,
        dialects.map((dialect) => dialect.id).join(', '),
        environment?.apiKey.join(', ') ?? '',
        baseUrl ?? ('baseUrlFor' in rest ? 'follows from the options' : 'every connection brings its own'),
      ]),
    );
  });
});

describe('every page', () => {
  it.each(pages)('%s leads to pages and places that exist', (page) => {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path = '', place] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      expect({ target, exists: existsSync(join(ROOT, file)) }).toEqual({ target, exists: true });
      if (place !== undefined) expect(placesOf(file)).toContain(place);
    }
  });

  it.each(pages)('%s names files that exist', (page) => {
    const files = find('**/*.{ts,mjs,yml,json}');
    for (const [, name = ''] of read(page).matchAll(/`([\w./-]+\.(?:ts|mjs|yml|json))`/g)) {
      // `x.ts` stands for any file, and `.data` is made by the first start.
      if (/^x\.|^\.data\//.test(name)) continue;
      const exists = files.some((file) => file === name || file.endsWith(`/${name}`));
      expect({ name, exists }).toEqual({ name, exists: true });
    }
  });
});

/** What headings can be led to, spelt as GitHub does. */
const placesOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

/** The cells, without code marks, of the table whose first heading this is. */
function rowsOf(page: string, heading: string): string[][] {
  const lines = read(page).split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}
