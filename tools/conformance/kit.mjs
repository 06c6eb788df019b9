/** The client conformance kit: where it lies, and a copy of it that can run. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { npmEnvironment } from '../npm-environment.mjs';
import { ROOT } from '../testing/run-checks.mjs';

/** The kit brings a Node of its own as an optional package; it runs on ours. Nothing in it has an install script. */
const NPM_CI = ['ci', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
const PACKAGE_FILES = ['package.json', 'package-lock.json', '.npmrc'];

/** Where the kit is looked for, whether it is there or not. */
export const findKit = () => process.env.PARLEY_CONFORMANCE ?? join(ROOT, '../shared/conformance');

/**
 * Makes a copy that can run: the kit's own folder may be read-only.
 * @param {string} kit
 * @param {string} copy a folder that does not exist yet
 */
export async function copyKit(kit, copy) {
  const files = readdirSync(kit, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(kit, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('node_modules'));
  for (const file of files) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    // Its bytes alone: a copied "read-only" would stay when the copy has to go.
    writeFileSync(join(copy, file), readFileSync(join(kit, file)));
  }
  symlinkSync(await installPackages(kit), join(copy, 'node_modules'), 'junction');
}

/**
 * Installs the kit's packages once for each lock file, in a place that outlives this clone of the repository.
 * @param {string} kit
 * @returns {Promise<string>} its node_modules
 */
async function installPackages(kit) {
  const files = PACKAGE_FILES.filter((file) => existsSync(join(kit, file)));
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of files) hash.update(readFileSync(join(kit, file)));
  const home = join(chooseCache(), hash.digest('hex').slice(0, 16));
  if (existsSync(home)) return join(home, 'node_modules');

  // Under another name until it is whole: an interrupted install leaves nothing that looks like one.
  const draft = `${home}.${process.pid}`;
  const removeDraft = () => rmSync(draft, { recursive: true, force: true });
  process.once('exit', removeDraft);
  try {
    mkdirSync(draft);
    for (const file of files) copyFileSync(join(kit, file), join(draft, file));
    await runNpmCi(draft);
    moveUnlessThere(draft, home);
  } finally {
    removeDraft();
    process.off('exit', removeDraft);
  }
  return join(home, 'node_modules');
}

/** The user's cache; the repository's where that cannot be written. */
function chooseCache() {
  const userCache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const places = [join(userCache, 'parley/conformance'), join(ROOT, 'node_modules/.cache/parley-conformance')];
  const place = places.find(canWriteTo);
  if (!place) throw new Error(`The kit's packages have no place: ${places.join(' and ')} cannot be written.`);
  return place;
}

/** @param {string} folder */
function canWriteTo(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} draft
 * @param {string} home
 */
function moveUnlessThere(draft, home) {
  try {
    renameSync(draft, home);
  } catch (error) {
    // Another run was quicker.
    if (!existsSync(home)) throw error;
  }
}

/**
 * @param {string} folder
 * @returns {Promise<void>}
 */
function runNpmCi(folder) {
  const shell = process.platform === 'win32';
  const npm = spawn('npm', NPM_CI, { cwd: folder, env: npmEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], shell });
  const kill = () => npm.kill();
  process.once('exit', kill);
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ why) =>
      reject(new Error(`The kit's packages cannot be installed (${why}).\n${output.trim()}`));
    npm.once('error', (error) => fail(error.message));
    npm.once('close', (code, signal) => {
      process.off('exit', kill);
      if (code === 0) resolve();
      else fail(`npm ci ended with ${signal ?? `code ${code}`}`);
    });
  });
}
