import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyKit } from './conformance/kit.mjs';

const CONFORMANCE = fileURLToPath(new URL('conformance.mjs', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-conformance-spec-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Without the options of the test run: the kit is driven by plain Node programs. */
function runConformance(kit: string) {
  const { NODE_OPTIONS: _ofJest, ...inherited } = process.env;
  const env = { ...inherited, PARLEY_CONFORMANCE: kit, XDG_CACHE_HOME: join(folder, 'cache') };
  return spawnSync(process.execPath, [CONFORMANCE], { env, encoding: 'utf8', timeout: 55_000 });
}

describe('npm run conformance', () => {
  it('says that there is no kit, and is no success', () => {
    const { status, stdout } = runConformance(join(folder, 'nowhere'));
    expect(stdout).toContain(`Not on this machine: the client conformance kit in ${join(folder, 'nowhere')}`);
    expect(stdout.trim().split('\n').at(-1)).toBe('0 passed, 0 failed, 0 skipped');
    expect(status).toBe(1);
  });

  it('fails with a kit that cannot be installed', () => {
    const kit = join(folder, 'broken');
    mkdirSync(kit);
    writeFileSync(join(kit, 'package.json'), '{"name": "kit"}');
    const { status, stdout } = runConformance(kit);
    expect(stdout).toContain('FAILED conformance');
    expect(stdout).toContain("The kit's packages cannot be installed");
    expect(stdout.trim().split('\n').at(-1)).toBe('0 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });
});

describe('a copy of the kit', () => {
  const { XDG_CACHE_HOME: cacheOfUser, PATH: path } = process.env;
  afterAll(() => {
    process.env.PATH = path;
    if (cacheOfUser === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cacheOfUser;
  });

  it('can be written, has packages of its own, and those are installed once for each lock file', async () => {
    process.env.XDG_CACHE_HOME = join(folder, 'fresh-cache');
    const kit = join(folder, 'kit');
    mkdirSync(join(kit, 'lib'), { recursive: true });
    mkdirSync(join(kit, 'node_modules/foreign'), { recursive: true });
    const lock = { name: 'kit', lockfileVersion: 3, packages: { '': { name: 'kit' } } };
    writeFileSync(join(kit, 'package.json'), '{"name": "kit"}');
    writeFileSync(join(kit, 'package-lock.json'), JSON.stringify(lock));
    writeFileSync(join(kit, 'node_modules/foreign/index.mjs'), '');
    writeFileSync(join(kit, 'lib/wire.mjs'), 'export const wire = 1;');
    chmodSync(join(kit, 'lib/wire.mjs'), 0o444);

    await copyKit(kit, join(folder, 'first'));
    expect(readFileSync(join(folder, 'first/lib/wire.mjs'), 'utf8')).toBe('export const wire = 1;');
    accessSync(join(folder, 'first/lib/wire.mjs'), constants.W_OK);
    const packages = readlinkSync(join(folder, 'first/node_modules'));
    expect(packages.startsWith(join(folder, 'fresh-cache'))).toBe(true);

    process.env.PATH = folder;
    await copyKit(kit, join(folder, 'second'));
    expect(readlinkSync(join(folder, 'second/node_modules'))).toBe(packages);
    writeFileSync(join(kit, 'package-lock.json'), JSON.stringify({ ...lock, version: '2.0.0' }));
    await expect(copyKit(kit, join(folder, 'third'))).rejects.toThrow('ENOENT');
  });
});
