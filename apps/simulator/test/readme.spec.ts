import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BEHAVIOUR_MARKERS } from '../src/behaviour-markers.ts';
import { CONTENT_MARKERS } from '../src/content-markers.ts';

describe('the README', () => {
  it('names every marker, and none that does not exist', () => {
    const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
    const rows = readme.slice(readme.indexOf('| marker')).split('\n').slice(2);
    const cells = rows.filter((row) => row.startsWith('|')).map((row) => row.split('|')[1] ?? '');
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)/gu)].map((match) => match[1]));
    expect(named.toSorted()).toEqual([...Object.keys(CONTENT_MARKERS), ...Object.keys(BEHAVIOUR_MARKERS)].toSorted());
  });
});
