import { expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run-checks.mjs';

it('Jest runs every spec file of the repository, each once', () => {
  const files = globSync('{apps,libs,tools}/**/*.spec.{ts,tsx,mjs}', {
    cwd: ROOT,
    exclude: ['**/node_modules/**', '**/dist/**'],
  });
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const listed = execFileSync(process.execPath, [jest, '--listTests'], { cwd: ROOT, encoding: 'utf8' });
  expect(listed.trim().split('\n').toSorted()).toEqual(files.map((file) => join(ROOT, file)).toSorted());
});
