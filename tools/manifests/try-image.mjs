/**
 * Proves what the image holds where there is no container engine: does in a temporary folder what the build stage of the
 * Dockerfile does, with the commands read from there, then loads every library and starts every process.
 *   node tools/manifests/try-image.mjs        (needs the network or a warm npm cache; about a minute)
 * A process without any settings must get as far as refusing them (exit code 78): then all of its imports were found.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('../..', import.meta.url).pathname;
const EXIT_CONFIGURATION = 78;
/** Serves without any settings: still running after a few seconds is its success. */
const NEEDS_NO_SETTINGS = new Set(['apps/simulator/dist/main.js']);
const ENTRY_POINTS = [
  'apps/gateway/dist/main.js',
  'apps/gateway/dist/migrate.js',
  'apps/worker/dist/main.js',
  'apps/simulator/dist/main.js',
];

const folder = mkdtempSync(join(tmpdir(), 'parley-image-'));
try {
  process.exitCode = tryImage() ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function tryImage() {
  copyContext();
  for (const command of buildCommands()) {
    console.log(`> ${command}`);
    execFileSync('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  console.log(execFileSync('du', ['-sh', 'node_modules', 'apps', 'libs'], { cwd: folder, encoding: 'utf8' }).trim());
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const libraries = readdirSync(join(folder, 'libs')).map((name) => `@parley/${name}`);
  const loaded = [...Object.keys(dependencies), ...libraries].map((name) => loads(name));
  return [...loaded, ...ENTRY_POINTS.map((file) => starts(file))].every(Boolean);
}

/** What git tracks, less what .dockerignore keeps out. */
function copyContext() {
  const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  const allowed = /^(package(-lock)?\.json|\.npmrc|tsconfig(\.base)?\.json|(apps|libs)\/.*|tools\/healthcheck\.mjs)$/;
  for (const file of tracked.filter((name) => allowed.test(name) && !/\/test\/|\.spec\.ts$/.test(name))) {
    cpSync(join(ROOT, file), join(folder, file));
  }
}

/** The RUN lines of the build stage, continuation lines joined and mounts left out. */
function buildCommands() {
  const [, afterBuild = ''] = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split(/^FROM .* AS build$/m);
  const [stage = ''] = afterBuild.split(/^FROM /m);
  const lines = stage.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.filter((line) => line.startsWith('RUN ')).map((line) => line.replace(/^RUN (--mount=\S+ )?/, ''));
}

/** @param {string} name */
function loads(name) {
  const result = run(['--input-type=module', '-e', `await import('${name}')`]);
  return report(`import ${name}`, result.status === 0, result.stderr);
}

/** @param {string} file */
function starts(file) {
  if (!existsSync(join(folder, file))) return report(file, false, 'does not exist');
  if (NEEDS_NO_SETTINGS.has(file)) {
    const result = spawnSync(process.execPath, [file], {
      cwd: folder,
      encoding: 'utf8',
      env: { PORT: '0' },
      timeout: 5_000,
    });
    const { code } = /** @type {NodeJS.ErrnoException} */ (result.error ?? {});
    return report(`start ${file}`, code === 'ETIMEDOUT', result.stderr);
  }
  const result = run([file]);
  return report(`start ${file}: refuses missing settings`, result.status === EXIT_CONFIGURATION, result.stderr);
}

/** @param {string[]} parameters */
function run(parameters) {
  return spawnSync(process.execPath, parameters, { cwd: folder, encoding: 'utf8', env: {}, timeout: 30_000 });
}

/**
 * @param {string} what
 * @param {boolean} passed
 * @param {string} detail
 */
function report(what, passed, detail) {
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${what}${passed ? '' : `\n${detail.trim()}`}`);
  return passed;
}
