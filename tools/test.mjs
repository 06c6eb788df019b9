/** `npm test [-- path filters]`: every check and every test, with nothing else on the machine. */
import { runChecks } from './testing/run-checks.mjs';
import { runJest } from './testing/run-jest.mjs';
import { printSummary } from './testing/summary.mjs';

const checks = await runChecks();
const tests = await runJest(process.argv.slice(2));
process.exitCode = printSummary([checks, tests]);
