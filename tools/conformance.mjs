/** `npm run conformance`: unmodified client libraries against a built Parley, for each kind of upstream. */
import { runConformance } from './conformance/run-conformance.mjs';
import { summarize } from './testing/summary.mjs';

// Everything that was started ends when its channel to this process closes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

const { totals, missing } = await runConformance();
const { lines, exitCode } = summarize(totals, missing);
console.log(`\n${lines.join('\n')}`);
// Without the kit nothing was tried.
process.exitCode = totals.length === 0 ? 1 : exitCode;
