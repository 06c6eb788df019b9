/** `npm run check`, what CI runs: `npm test`, then the end-to-end tests once more on a machine without Redis. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathWithoutRedis } from './testing/bare-path.mjs';
import { runChecks } from './testing/run-checks.mjs';
import { runJest } from './testing/run-jest.mjs';
import { printSummary } from './testing/summary.mjs';

const END_TO_END = 'apps/[^/]+/test/';

const checks = await runChecks();
const tests = await runJest([]);

console.log('\nOnce more end to end, without Redis:');
const folder = mkdtempSync(join(tmpdir(), 'parley-path-'));
try {
  const { REDIS_URL: _withoutRedis, ...environment } = process.env;
  const bare = { ...environment, PATH: pathWithoutRedis(process.env.PATH ?? '', folder), QUEUE: 'postgres' };
  const endToEnd = await runJest([END_TO_END], bare);
  process.exitCode = printSummary([checks, tests, endToEnd]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
