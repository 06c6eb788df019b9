import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run-checks.mjs';
import { TIMED_SUITES } from './timed-suites.mjs';

/** That the time since some moment, or so many milliseconds, are less than a figure. */
const SAYS_HOW_LONG = /(performance\.now\(\) - \w+|\w*Ms)\)\.toBeLessThan(OrEqual)?\([\d_]+\)|\bms [<>]=? /i;

const suites = globSync('{apps,libs,tools}/**/*.spec.ts', { cwd: ROOT, exclude: ['**/node_modules/**', '**/dist/**'] });

describe('suites that measure times', () => {
  it('are known', () => {
    const measuring = suites.filter((path) => SAYS_HOW_LONG.test(readFileSync(join(ROOT, path), 'utf8')));
    expect(measuring.length).toBeGreaterThan(5);
    expect(TIMED_SUITES).toEqual(expect.arrayContaining(measuring));
  });

  it('run apart from the others, each of them', () => {
    const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
    const list = (...projects: string[]) =>
      execFileSync(process.execPath, [jest, '--listTests', '--selectProjects', ...projects], {
        cwd: ROOT,
        encoding: 'utf8',
      })
        .split('\n')
        .filter((line) => line.startsWith(ROOT));
    const timed = TIMED_SUITES.map((path) => join(ROOT, path));
    expect(list('timed').toSorted()).toEqual(timed.toSorted());
    expect(list('pure', 'nest', 'tools').filter((path) => timed.includes(path))).toEqual([]);
  });
});
