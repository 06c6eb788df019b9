import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findRedisProgram } from '../redis.mjs';
import { ROOT } from './run-checks.mjs';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * Prints what was not tried, and why, and as the very last line the totals.
 * @param {import('./run-checks.mjs').Totals[]} parts
 * @param {string[]} [furtherMissing] what this run would have needed beyond the needs of every test run
 * @returns {number} the exit code
 */
export function printSummary(parts, furtherMissing = []) {
  const { lines, exitCode } = summarize(parts, [...missingHere(), ...furtherMissing]);
  console.log(`\n${lines.join('\n')}`);
  return exitCode;
}

/**
 * @param {import('./run-checks.mjs').Totals[]} parts
 * @param {string[]} missing what this machine lacks
 */
export function summarize(parts, missing) {
  const skipped = parts.flatMap((part) => part.skipped);
  const passed = parts.reduce((sum, part) => sum + part.passed, 0);
  const failed = parts.reduce((sum, part) => sum + part.failed, 0);
  const lines = [
    ...missing.map((thing) => `Not on this machine: ${thing}`),
    ...skippedByReason(skipped),
    `${passed} passed, ${failed} failed, ${skipped.length} skipped`,
  ];
  return { lines, exitCode: failed === 0 ? 0 : 1 };
}

/**
 * @param {{ name: string, reason: string }[]} skipped
 * @returns {string[]}
 */
function skippedByReason(skipped) {
  const byReason = Object.entries(Object.groupBy(skipped, ({ reason }) => reason));
  return byReason.flatMap(([reason, tests = []]) => [
    `Skipped ${tests.length}: ${reason}`,
    ...tests.map(({ name }) => `  - ${name}`),
  ]);
}

/** What some tests need and this machine lacks. */
function missingHere() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const hasBrowser = BROWSERS.some((program) => folders.some((folder) => existsSync(join(folder, program))));
  const recordings = process.env.PARLEY_RECORDINGS ?? join(ROOT, '../shared/recordings');
  return [
    ...(findRedisProgram() ? [] : ['a redis or valkey program (the queue on Redis)']),
    ...(hasBrowser ? [] : ['Chromium (the dashboard in a browser)']),
    ...(existsSync(recordings) ? [] : [`recorded answers of providers in ${recordings} (PARLEY_RECORDINGS)`]),
  ];
}
