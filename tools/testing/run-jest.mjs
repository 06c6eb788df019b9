import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './run-checks.mjs';

/**
 * Runs Jest once over everything that matches the filters, with its own output on the terminal.
 * @param {string[]} filters parts of paths; none = all tests
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {Promise<import('./run-checks.mjs').Totals>}
 */
export async function runJest(filters, environment = process.env) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-summary-'));
  const summaryFile = join(folder, 'summary.json');
  try {
    const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
    const child = spawn(process.execPath, [jest, '--ci', ...filters], {
      cwd: ROOT,
      stdio: 'inherit',
      env: {
        ...environment,
        NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
        PARLEY_TEST_SUMMARY: summaryFile,
      },
    });
    const kill = () => child.kill();
    process.once('exit', kill);
    const [exitCode] = await once(child, 'close');
    process.off('exit', kill);
    return readTotals(summaryFile, exitCode);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} summaryFile
 * @param {number | null} exitCode
 * @returns {import('./run-checks.mjs').Totals}
 */
export function readTotals(summaryFile, exitCode) {
  // No tests at all, or a runner that died: never a success.
  if (!existsSync(summaryFile)) return { passed: 0, failed: 1, skipped: [] };
  const totals = JSON.parse(readFileSync(summaryFile, 'utf8'));
  const foundNothing = totals.passed + totals.failed + totals.skipped.length === 0;
  const failedUnseen = exitCode !== 0 && totals.failed === 0;
  return { ...totals, failed: totals.failed + (foundNothing || failedUnseen ? 1 : 0) };
}
