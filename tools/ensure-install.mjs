/**
 * Installs the dependencies when the lock file is not the one that was installed last. Runs before they exist, on
 * whatever Node runs npm (20 or later): built-ins only.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmEnvironment } from './npm-environment.mjs';

const PROGRESS_INTERVAL_MS = 10_000;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
// Inside node_modules, so that it goes when they go.
const STAMP_FILE = join(ROOT, 'node_modules/.install-stamp');

const lockHash = createHash('sha256')
  .update(readFileSync(join(ROOT, 'package-lock.json')))
  .digest('hex');
const isInstalled = existsSync(STAMP_FILE) && readFileSync(STAMP_FILE, 'utf8') === lockHash;
if (!isInstalled) await install();

async function install() {
  console.log('Installing dependencies (npm ci); the first time takes about a minute ...');
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  const progress = setInterval(() => console.log(`  still installing, ${seconds()} s`), PROGRESS_INTERVAL_MS);
  const problem = await runNpmCi();
  clearInterval(progress);
  if (problem) {
    console.error(
      `The dependencies could not be installed (${problem}). See npm's message above; check the network and the free disk space (1 GB), then run the same command again.`,
    );
    process.exit(1);
  }
  writeFileSync(STAMP_FILE, lockHash);
  console.log(`Dependencies are installed (${seconds()} s).`);
}

/** @returns {Promise<string | undefined>} what went wrong */
function runNpmCi() {
  return new Promise((resolve) => {
    const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: ROOT,
      stdio: 'inherit',
      env: npmEnvironment(),
      // On Windows npm is a script, which only a shell can run.
      shell: process.platform === 'win32',
    });
    npm.once('error', (error) => resolve(`npm cannot be run: ${error.message}`));
    npm.once('exit', (code, signal) =>
      resolve(code === 0 ? undefined : `npm ci ended with ${signal ?? `code ${code}`}`),
    );
  });
}
