import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProblems } from './house-rules.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const lines = (count: number) => 'export const line = 1;\n'.repeat(count);

describe('the rules of the house', () => {
  it.each([
    ['libs/contracts/src/long.ts', lines(301), '301 lines'],
    ['libs/common/src/errors.ts', '', '"common" is a name without meaning'],
    ['libs/providers/src/shared/errors.ts', '', '"shared"'],
    ['libs/providers/src/string-utils.ts', '', '"string-utils"'],
    ['libs/providers/src/core.ts', '', '"core"'],
    ['libs/providers/src/model-helper.spec.ts', '', '"model-helper"'],
    ['libs/providers/src/a.ts', 'export class BaseProvider {}', '"BaseProvider"'],
    ['libs/providers/src/a.ts', 'export abstract class AbstractDialect {}', '"AbstractDialect"'],
    ['libs/providers/src/a.ts', 'export interface KeyManager {}', '"KeyManager"'],
    ['libs/providers/src/a.ts', 'export type StringUtil = string;', '"StringUtil"'],
    ['libs/providers/src/a/b/c/d.ts', '', '3 folders deep'],
    ['libs/providers/src/catalog/index.ts', '', 'an index outside'],
    ['apps/gateway/src/index.ts', '', 'an index outside'],
    ['libs/dialects/src/a.ts', 'export const now = () => new Date();', 'reads the clock'],
  ])('do not allow %s with %j', (path, text, problem) => {
    expect(findProblems([{ path, text }])).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    ['libs/contracts/src/long-enough.ts', lines(300)],
    ['libs/providers/src/base-url.ts', 'export const baseUrl = 1;'],
    ['libs/persistence/src/database.ts', 'export type Database = string;'],
    ['libs/providers/src/a/b/c.ts', ''],
    ['libs/providers/src/index.ts', ''],
    ['libs/dialects/src/openai-chat/index.ts', ''],
    ['libs/dialects/src/a.ts', 'export const parse = (text: string) => new Date(text);'],
  ])('allow %s', (path, text) => {
    expect(findProblems([{ path, text }])).toEqual([]);
  });

  it('hold in the whole repository', () => {
    const paths = globSync('{apps,libs,tools}/**/*.{ts,tsx,mjs}', {
      cwd: ROOT,
      exclude: ['**/node_modules/**', '**/dist/**'],
    });
    expect(paths.length).toBeGreaterThan(20);
    expect(findProblems(paths.map((path) => ({ path, text: read(path) })))).toEqual([]);
  });
});

it('no document holds the marks of an unfinished merge', () => {
  const paths = globSync('{*,.github/**/*,{apps,docs,k8s,libs,observability,tools}/**/*}.{md,json,yml,yaml}', {
    cwd: ROOT,
    exclude: ['**/node_modules/**', '**/dist/**'],
  });
  expect(paths.length).toBeGreaterThan(50);
  expect(paths.filter((path) => /^(<{7}|>{7}) /m.test(read(path)))).toEqual([]);
});

describe('the lock file', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string }> };

  it('holds no download addresses: every registry may serve it', () => {
    const addresses = Object.values(lock.packages).flatMap(({ resolved }) =>
      resolved?.startsWith('http') ? [resolved] : [],
    );
    expect(addresses).toEqual([]);
  });

  it('holds the packages of every platform that package.json names', () => {
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const missing = Object.keys(optionalDependencies).filter((name) => !lock.packages[`node_modules/${name}`]);
    expect(missing).toEqual([]);
  });
});

describe('Nx', () => {
  const projects = globSync('{apps,libs}/*/package.json', { cwd: ROOT });

  it.each(projects)('can build, typecheck, lint and test %s', (file) => {
    const { nx } = JSON.parse(read(file)) as { nx: { targets: Record<string, unknown> } };
    expect(Object.keys(nx.targets)).toEqual(expect.arrayContaining(['build', 'typecheck', 'lint', 'test']));
  });
});
