import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

type Section = 'dependencies' | 'devDependencies' | 'optionalDependencies';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<Section, Record<string, string>>;
const [, ...chapters] = read('docs/dependencies.md').split(/^## /m);

/** The chapters of the page, in their order. */
const SECTIONS: Section[] = ['dependencies', 'devDependencies', 'optionalDependencies'];

describe('docs/dependencies.md', () => {
  it.each(SECTIONS)('gives a reason for each of the %s, and names no other', (section) => {
    const listed = [...chapters[SECTIONS.indexOf(section)]!.matchAll(/^\| `(\S+)` \| (.*) \|$/gm)];
    for (const [, name, reason] of listed)
      expect({ name, reason }).toMatchObject({ reason: expect.stringMatching(/\w/) });
    const patterns = listed.map(([, name = '']) => name);
    const found = Object.keys(manifest[section]).map(
      (name) => patterns.find((pattern) => matches(pattern, name)) ?? `${name} is missing`,
    );
    expect([...new Set(found)].toSorted()).toEqual(patterns.toSorted());
  });

  it('is right that versions are exact', () => {
    for (const section of SECTIONS) {
      for (const [name, version] of Object.entries(manifest[section])) {
        expect({ name, version }).toEqual({ name, version: expect.stringMatching(/^\d+\.\d+\.\d+(-[\w.]+)?$/) });
      }
    }
  });
});

/** `node-*` stands for all that begin with `node-`. */
const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
