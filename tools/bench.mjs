/** `npm run bench`: what Parley costs with every feature on, beside a bare Node proxy, in one run on this machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SCENARIOS } from './bench/scenarios.mjs';

const NEEDED_NODE_MAJOR = 24;
const WRONG_USE = 2;

const HELP = `npm run bench -- [options]

Compares Parley (API key, rate limits, accounting into Postgres, metrics and logs on) with a bare Node proxy before the
same upstream, and its other doors with its door for chat. Takes about nine minutes. docs/performance.md tells how to read the result.

  --rounds <n>         measurements of each scenario and target (default 7)
  --secs <n>           seconds of load in each measurement (default 1.5)
  --scenarios <names>  comma-separated: ${[...Object.keys(SCENARIOS), 'memory'].join(', ')} (default: all)
  --streams <n>        idle streams of the memory scenario (default 2000)
  --out <file>         writes the result as JSON
  --quick              one short round without a warm-up: shows that the bench works, its figures mean nothing
  --help

Exit code 1: an answer was missing, wrong or not whole. Whether a goal is met does not change the exit code.`;

/** @param {string} problem @returns {never} */
function refuse(problem) {
  console.error(`${problem}\n\n${HELP}`);
  process.exit(WRONG_USE);
}

/** @param {string} name @param {string} value @param {{ least: number, isWhole: boolean }} range */
function readNumber(name, value, { least, isWhole }) {
  const number = Number(value);
  const isFine = number >= least && number < Infinity && (!isWhole || Number.isInteger(number));
  return isFine ? number : refuse(`--${name} must be a ${isWhole ? 'whole ' : ''}number from ${least}.`);
}

function readOptions() {
  const text = { type: /** @type {const} */ ('string') };
  const flag = { type: /** @type {const} */ ('boolean') };
  const options = { rounds: text, secs: text, scenarios: text, streams: text, out: text, quick: flag, help: flag };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {ReturnType<typeof readOptions>} options
 * @returns {import('./bench/run-bench.mjs').Settings}
 */
function readSettings({ rounds, secs, scenarios, streams, quick = false }) {
  const known = /** @type {import('./bench/scenarios.mjs').CpuScenarioName[]} */ (Object.keys(SCENARIOS));
  const wanted = scenarios?.split(',') ?? [...known, 'memory'];
  const stranger = wanted.find((name) => name !== 'memory' && !Object.hasOwn(SCENARIOS, name));
  if (stranger !== undefined) refuse(`There is no scenario "${stranger}".`);
  return {
    rounds: readNumber('rounds', rounds ?? (quick ? '1' : '7'), { least: 1, isWhole: true }),
    seconds: readNumber('secs', secs ?? (quick ? '0.2' : '1.5'), { least: 0.1, isWhole: false }),
    streams: readNumber('streams', streams ?? (quick ? '20' : '2000'), { least: 1, isWhole: true }),
    aftermathSeconds: quick ? 0 : 1.1,
    warmUpSeconds: quick ? 0 : 3,
    settleSeconds: quick ? 0.1 : 2,
    scenarios: known.filter((name) => wanted.includes(name)),
    memory: wanted.includes('memory'),
  };
}

if (Number.parseInt(process.versions.node) < NEEDED_NODE_MAJOR)
  refuse(`The bench needs Node ${NEEDED_NODE_MAJOR} or later, this is ${process.version}: use "npm run bench".`);
const options = readOptions();
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const settings = readSettings(options);

const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
// Everything that was started ends when its channel to this process closes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

const { runBench } = await import('./bench/run-bench.mjs');
const { printTable } = await import('./bench/print-table.mjs');
const result = await runBench(settings, { folder, say: (line) => console.error(line) });
if (options.out) writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
console.log(`\n${printTable(result)}`);
process.exit(result.bad === 0 ? 0 : 1);
