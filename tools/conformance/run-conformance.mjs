/**
 * Unmodified client libraries drive a built Parley before a scripted upstream, once for each kind of upstream. The kit
 * that does it lies beside the repository; its README says what it checks.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, startDatabase } from '../testing/built-parley.mjs';
import { Children } from '../testing/children.mjs';
import { copyKit, findKit } from './kit.mjs';
import { KINDS, SETUPS, startParley } from './parley.mjs';
import { judgeRun } from './verdict.mjs';

/** Apart, and in this order: rows of a batch that goes on in the background would stand in the log that other cases read. */
const PARTS = [
  { name: 'all but batches', choice: ['--skip', 'batches'] },
  { name: 'batches', choice: ['--only', 'batches'] },
];
/** One run takes well under a minute; a machine may be busy. */
const RUN_DEADLINE_MS = 300_000;

const fileBeside = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * @typedef {import('./parley.mjs').Kind} Kind
 * @typedef {import('../testing/run-checks.mjs').Totals} Totals
 */

/**
 * Runs the kit on all kinds of upstreams, and prints a line for each and every failure.
 * @returns {Promise<{ totals: Totals[], missing: string[] }>} missing: the kit, where it is not on this machine
 */
export async function runConformance() {
  const kit = findKit();
  if (!existsSync(kit)) return { totals: [], missing: [`the client conformance kit in ${kit} (PARLEY_CONFORMANCE)`] };
  const folder = mkdtempSync(join(tmpdir(), 'parley-conformance-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  try {
    return { totals: await runIn(folder, kit), missing: [] };
  } catch (error) {
    console.log(`FAILED conformance\n${error instanceof Error ? error.message : String(error)}`);
    return { totals: [{ passed: 0, failed: 1, skipped: [] }], missing: [] };
  } finally {
    removeFolder();
    process.off('exit', removeFolder);
  }
}

/**
 * @param {string} folder
 * @param {string} kit
 */
async function runIn(folder, kit) {
  const copy = join(folder, 'kit');
  await Promise.all([copyKit(kit, copy), build()]);
  const children = new Children(folder);
  /** @type {Awaited<ReturnType<typeof startDatabase>> | undefined} */
  let database;
  try {
    database = await startDatabase();
    const upstreamUrls = await startUpstreams(children, copy);
    const { baseUrl, keys } = await startParley(children, { databaseUrl: database.url, upstreamUrls, folder });
    const totals = await Promise.all(
      KINDS.map((kind) => runKind(kind, { copy, folder, baseUrl, key: keys[kind], upstreamUrl: upstreamUrls[kind] })),
    );
    return totals.flat();
  } finally {
    await children.stopAll();
    await database?.stop();
  }
}

/**
 * @param {Children} children
 * @param {string} copy
 */
async function startUpstreams(children, copy) {
  const started = KINDS.map(async (kind) => {
    const { port } = await children.start(`upstream-${kind}`, [fileBeside('upstream.mjs'), copy]);
    return [kind, `http://127.0.0.1:${port}`];
  });
  return /** @type {Record<Kind, string>} */ (Object.fromEntries(await Promise.all(started)));
}

/**
 * @typedef {{ copy: string, folder: string, baseUrl: string, key: string, upstreamUrl: string }} Surroundings
 *
 * @param {Kind} kind
 * @param {Surroundings} surroundings
 * @returns {Promise<Totals[]>}
 */
async function runKind(kind, surroundings) {
  const totals = [];
  for (const part of PARTS) totals.push(await runPart(kind, part, surroundings));
  return totals;
}

/**
 * @param {Kind} kind
 * @param {typeof PARTS[number]} part
 * @param {Surroundings} surroundings
 * @returns {Promise<Totals>}
 */
async function runPart(kind, { name, choice }, { copy, folder, baseUrl, key, upstreamUrl }) {
  const startedAt = performance.now();
  const resultFile = join(folder, `result-${kind}-${name.replaceAll(' ', '-')}.json`);
  const { model, embeddingModel } = SETUPS[kind];
  const options = {
    'base-url': baseUrl,
    key,
    'upstream-kind': kind,
    upstream: upstreamUrl,
    model,
    'embedding-model': embeddingModel,
    json: resultFile,
  };
  const args = Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
  const { exitCode, output } = await runKit(copy, ['--quiet', ...choice, ...args]);
  const { line, problems, totals } = judgeRun(kind, resultFile, exitCode);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const verdict = problems.length === 0 ? 'ok    ' : 'FAILED';
  console.log(`${verdict} conformance, ${kind} upstream, ${name}: ${line} (${seconds} s)`);
  for (const problem of problems) console.log(`  ${problem}`);
  if (problems.length > 0 && !existsSync(resultFile)) console.log(output);
  return totals;
}

/**
 * @param {string} copy
 * @param {string[]} args
 * @returns {Promise<{ exitCode: number | null, output: string }>}
 */
async function runKit(copy, args) {
  const script = ['--import', fileBeside('end-with-parent.mjs'), join(copy, 'run.mjs')];
  const child = spawn(process.execPath, [...script, ...args], {
    cwd: copy,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: RUN_DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const [exitCode] = await once(child, 'close');
  return { exitCode, output };
}
