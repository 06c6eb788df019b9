/**
 * `npm run check`, what CI runs: `npm test`, the client conformance kit, and what has to do with the queue once more as on
 * a machine without Redis. One after the other: some tests measure times.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runConformance } from './conformance/run-conformance.mjs';
import { pathWithoutRedis } from './testing/bare-path.mjs';
import { findQueueSuites } from './testing/queue-suites.mjs';
import { ROOT, runChecks } from './testing/run-checks.mjs';
import { runJest } from './testing/run-jest.mjs';
import { printSummary } from './testing/summary.mjs';

// Everything that was started ends with this process, or when its channel to it closes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

const checks = await runChecks();
const tests = await runJest([]);

console.log('\nUnmodified clients:');
const conformance = await runConformance();

console.log('\nOnce more without Redis:');
const folder = mkdtempSync(join(tmpdir(), 'parley-path-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const { REDIS_URL: _withoutRedis, ...environment } = process.env;
const bare = { ...environment, PATH: pathWithoutRedis(process.env.PATH ?? '', folder), QUEUE: 'postgres' };
const withoutRedis = await runJest(findQueueSuites(ROOT), bare);

process.exitCode = printSummary([checks, tests, ...conformance.totals, withoutRedis], conformance.missing);
