/** The order of things: start everything, warm up, measure in rounds, then memory in fresh processes. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build, startDatabase } from '../testing/built-parley.mjs';
import { Children } from '../testing/children.mjs';
import { measureByTurns, measureCpu, measureMemory, runLoad } from './measure.mjs';
import { prepareParley } from './parley.mjs';
import { BARE_PROXY, scenarioOf, SCENARIOS } from './scenarios.mjs';
import { summarizeCpu, summarizeMemory } from './summary.mjs';

const program = (/** @type {string} */ name) => fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
const BYTES_PER_GIBIBYTE = 2 ** 30;

/**
 * @typedef {object} Settings
 * @property {number} rounds
 * @property {number} seconds of asking in one measurement
 * @property {number} aftermathSeconds waited after a load before CPU time is read: Parley writes its usage rows every second,
 *   and what a load causes is counted with it
 * @property {number} warmUpSeconds for each scenario and target
 * @property {number} settleSeconds before and after the garbage collection that precedes a reading of memory
 * @property {number} streams for the memory scenario
 * @property {CpuScenarioName[]} scenarios
 * @property {boolean} memory
 *
 * @typedef {import('./scenarios.mjs').CpuScenarioName} CpuScenarioName
 * @typedef {import('./measure.mjs').TargetName} TargetName
 * @typedef {Record<TargetName, (nodeOptions?: string[]) => Promise<import('./measure.mjs').Target>>} Starters
 */

/**
 * @param {Settings} settings
 * @param {object} surroundings
 * @param {string} surroundings.folder for logs and the spool
 * @param {(line: string) => void} surroundings.say
 */
export async function runBench(settings, { folder, say }) {
  const children = new Children(folder);
  /** @type {Awaited<ReturnType<typeof startDatabase>> | undefined} */
  let database;
  try {
    const loadBefore = loadavg();
    say('building Parley, starting Postgres');
    await build();
    database = await startDatabase();
    const { load, starters } = await prepareTargets(children, database.url, folder);
    const scenarios = [
      ...(settings.scenarios.length > 0 ? await runRounds(load, starters, settings, say) : []),
      ...(settings.memory ? [await runMemory(load, starters, settings, say)] : []),
    ];
    return {
      date: new Date().toISOString(),
      machine: describeMachine(),
      loadAverage: { before: loadBefore, after: loadavg() },
      settings,
      scenarios,
      bad: scenarios.reduce((sum, { targets }) => sum + targets.reference.bad + targets.parley.bad, 0),
    };
  } finally {
    await children.stopAll();
    await database?.stop();
  }
}

/** @typedef {Awaited<ReturnType<typeof runBench>>} BenchResult */

function describeMachine() {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: availableParallelism(),
    cpuModel: cpus()[0]?.model ?? 'unknown',
    memoryGibibytes: Math.round(totalmem() / BYTES_PER_GIBIBYTE),
  };
}

/**
 * @param {Children} children
 * @param {string} databaseUrl
 * @param {string} folder
 */
async function prepareTargets(children, databaseUrl, folder) {
  const upstream = await children.start('upstream', [program('upstream')]);
  const load = await children.start('load', [program('load')]);
  const parley = await prepareParley({ databaseUrl, upstreamPort: upstream.port, folder });
  const { apiKey } = parley;
  /** @type {Starters} */
  const starters = {
    bare: async (nodeOptions = []) => {
      const origin = `http://127.0.0.1:${upstream.port}`;
      return { child: await children.start('bare-proxy', [...nodeOptions, program('bare-proxy'), origin]), apiKey };
    },
    parley: async (nodeOptions = []) => ({
      child: await children.start('gateway', [...nodeOptions, parley.entry], parley.environment),
      apiKey,
    }),
  };
  return { load, starters };
}

/**
 * In each round every scenario is measured next to what it is compared with: to the bare proxy one after the other, to
 * another scenario of Parley's by turns.
 * @param {import('../testing/children.mjs').Child} load
 * @param {Starters} starters
 * @param {Settings} settings
 * @param {(line: string) => void} say
 */
async function runRounds(load, starters, settings, say) {
  const targets = { bare: await starters.bare(), parley: await starters.parley() };
  const wanted = withReferences(settings.scenarios);
  const targetsOf = (/** @type {CpuScenarioName} */ name) =>
    /** @type {import('./measure.mjs').TargetName[]} */ (
      scenarioOf(name).beside === BARE_PROXY ? ['bare', 'parley'] : ['parley']
    );
  say(`warming up, ${settings.warmUpSeconds} s for each of ${wanted.length} scenarios and each of its targets`);
  for (const scenario of wanted)
    for (const name of targetsOf(scenario)) await runLoad(load, targets[name], scenario, settings.warmUpSeconds);

  /** @type {import('./summary.mjs').Round[]} */
  const rounds = [];
  for (let number = 1; number <= settings.rounds; number++) {
    say(`round ${number} of ${settings.rounds}`);
    for (const scenario of settings.scenarios) {
      const { beside } = scenarioOf(scenario);
      const measure = beside === BARE_PROXY ? measureBesideBare : measureBesideOwn;
      rounds.push(await measure(load, targets, scenario, settings));
    }
  }
  await Promise.all(Object.values(targets).map(({ child }) => child.stop()));
  return settings.scenarios.map((scenario) =>
    summarizeCpu(
      scenario,
      rounds.filter((round) => round.scenario === scenario),
    ),
  );
}

/**
 * @typedef {(load: import('../testing/children.mjs').Child, targets: Record<TargetName, import('./measure.mjs').Target>,
 *   scenario: CpuScenarioName, settings: Settings) => Promise<import('./summary.mjs').Round>} MeasureRound
 */

/** @type {MeasureRound} */
async function measureBesideBare(load, targets, scenario, settings) {
  const order = /** @type {TargetName[]} */ (Math.random() < 0.5 ? ['bare', 'parley'] : ['parley', 'bare']);
  /** @type {Partial<Record<TargetName, import('./measure.mjs').Measurement>>} */
  const measured = {};
  for (const name of order) measured[name] = await measureCpu(load, targets[name], scenario, settings);
  const { bare, parley } = /** @type {Required<typeof measured>} */ (measured);
  return { scenario, reference: bare, parley };
}

/** @type {MeasureRound} */
async function measureBesideOwn(load, { parley: target }, scenario, settings) {
  const beside = /** @type {CpuScenarioName} */ (scenarioOf(scenario).beside);
  const [reference, parley] = await measureByTurns(load, target, [beside, scenario], settings);
  return { scenario, reference, parley };
}

/**
 * In the order of the table, in which what is compared with stands before what is compared.
 * @param {CpuScenarioName[]} names
 */
function withReferences(names) {
  const needed = new Set(names.flatMap((name) => [name, scenarioOf(name).beside]));
  return /** @type {CpuScenarioName[]} */ (Object.keys(SCENARIOS)).filter((name) => needed.has(name));
}

/**
 * @param {import('../testing/children.mjs').Child} load
 * @param {Starters} starters
 * @param {Settings} settings
 * @param {(line: string) => void} say
 */
async function runMemory(load, starters, settings, say) {
  say(`memory of ${settings.streams} idle streams, in fresh processes`);
  const measure = async (/** @type {TargetName} */ name) => {
    const target = await starters[name](['--inspect=127.0.0.1:0']);
    try {
      return await measureMemory(load, target, settings);
    } finally {
      await target.child.stop();
    }
  };
  const bare = await measure('bare');
  return summarizeMemory(bare, await measure('parley'));
}
