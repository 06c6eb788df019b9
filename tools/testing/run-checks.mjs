import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const tool = (/** @type {string} */ path) => join(ROOT, 'node_modules', path);

/** What is checked without running the code. Boundaries are rules of the linter; their own test is a Jest spec. */
const CHECKS = [
  {
    name: 'types',
    commands: [
      [tool('typescript/bin/tsc'), '-b'],
      [tool('typescript/bin/tsc'), '-p', 'tools'],
    ],
  },
  {
    name: 'lint and boundaries',
    commands: [
      [tool('oxlint/bin/oxlint'), '--type-aware', '--quiet', '--disable-nested-config', 'apps', 'libs', 'tools'],
    ],
  },
  {
    name: 'format',
    commands: [[tool('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  },
];

/**
 * @typedef {{ passed: number, failed: number, skipped: { name: string, reason: string }[] }} Totals
 */

/**
 * Runs all checks, each to its end, and prints what they have to say.
 * @returns {Promise<Totals>}
 */
export async function runChecks() {
  // One after the other: the type check is parallel by itself, and the linter reads what the build wrote.
  let failed = 0;
  for (const { name, commands } of CHECKS) {
    const startedAt = performance.now();
    const problems = [];
    for (const command of commands) problems.push(await runQuietly(command));
    const isFine = problems.every((problem) => problem === undefined);
    console.log(`${isFine ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
    if (isFine) continue;
    failed += 1;
    console.log(problems.filter(Boolean).join('\n'));
  }
  return { passed: CHECKS.length - failed, failed, skipped: [] };
}

/**
 * @param {string[]} command arguments for node
 * @returns {Promise<string | undefined>} its output, if it failed
 */
async function runQuietly(command) {
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [exitCode] = await once(child, 'close');
  return exitCode === 0 ? undefined : output.trim() || `exit code ${exitCode}`;
}
