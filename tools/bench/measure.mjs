/** One measurement each: CPU time under a load, memory under idle streams. */
import { setTimeout as delay } from 'node:timers/promises';
import { askChild } from './ask-child.mjs';
import { collectGarbage } from './collect-garbage.mjs';
import { sumOf } from './figures.mjs';
import { readCpuMicroseconds, readResidentKilobytes } from './process-usage.mjs';
import { scenarioOf } from './scenarios.mjs';

/** Streams that are opened and left before memory is measured, so that code loaded for the first one is not counted. */
const FIRST_STREAMS = 20;
/** Whose turn it is when two loads take turns: each comes behind the other as often as behind itself. */
const IS_SECOND = [false, true, true, false, false, true, true, false, false, true];

/**
 * @typedef {import('../testing/children.mjs').Child} Child
 * @typedef {'bare' | 'parley'} TargetName
 * @typedef {{ child: Child, apiKey: string }} Target
 * @typedef {import('./scenarios.mjs').CpuScenarioName} CpuScenarioName
 * @typedef {import('./load.mjs').Outcome} Outcome
 * @typedef {Outcome & { cpu: number | undefined }} Turn microseconds
 *
 * @typedef {object} Measurement
 * @property {number | undefined} value microseconds per unit, or kilobytes per stream
 * @property {number} answered
 * @property {number} deltas
 * @property {Record<string, number>} bad
 */

/**
 * Puts a load to a target.
 * @param {Child} load
 * @param {Target} target
 * @param {CpuScenarioName} scenario
 * @param {number} seconds
 */
export function runLoad(load, { child, apiKey }, scenario, seconds) {
  return askChild(load, { job: 'run', scenario, seconds, port: child.port, apiKey });
}

/**
 * CPU time of the target's whole process for each request or delta.
 * @param {Child} load
 * @param {Target} target
 * @param {CpuScenarioName} scenario
 * @param {{ seconds: number, aftermathSeconds: number }} options
 * @returns {Promise<Measurement>}
 */
export async function measureCpu(load, target, scenario, { seconds, aftermathSeconds }) {
  const turn = await takeTurn(target, async () => {
    const outcome = await runLoad(load, target, scenario, seconds);
    await delay(aftermathSeconds * 1000);
    return outcome;
  });
  return perUnit(scenario, [turn]);
}

/**
 * The same for two loads that take turns at one target, so that what comes and goes on the machine meets both. What a turn
 * leaves to be done counts with the next one, which is as often the other load's.
 * @param {Child} load
 * @param {Target} target
 * @param {readonly [CpuScenarioName, CpuScenarioName]} scenarios
 * @param {{ seconds: number }} options of each load, all its turns together
 * @returns {Promise<[Measurement, Measurement]>}
 */
export async function measureByTurns(load, target, [first, second], { seconds }) {
  /** @type {Turn[]} */
  const turns = [];
  for (const isSecond of IS_SECOND) {
    const scenario = isSecond ? second : first;
    turns.push(await takeTurn(target, () => runLoad(load, target, scenario, (2 * seconds) / IS_SECOND.length)));
  }
  const turnsOf = (/** @type {boolean} */ wanted) => turns.filter((_, index) => IS_SECOND[index] === wanted);
  return [perUnit(first, turnsOf(false)), perUnit(second, turnsOf(true))];
}

/**
 * @param {Target} target
 * @param {() => Promise<Outcome>} work
 * @returns {Promise<Turn>}
 */
async function takeTurn({ child }, work) {
  const before = readCpuMicroseconds(child.pid);
  const outcome = await work();
  const after = readCpuMicroseconds(child.pid);
  return { ...outcome, cpu: before === undefined || after === undefined ? undefined : after - before };
}

/**
 * @param {CpuScenarioName} scenario
 * @param {readonly Turn[]} turns
 * @returns {Measurement}
 */
function perUnit(scenario, turns) {
  const sum = (/** @type {(turn: Turn) => number} */ of) => turns.reduce((total, turn) => total + of(turn), 0);
  const answered = sum((turn) => turn.answered);
  const deltas = sum((turn) => turn.deltas);
  const units = scenarioOf(scenario).unit === 'delta' ? deltas : answered;
  const isMeasured = units > 0 && turns.every(({ cpu }) => cpu !== undefined);
  /** @type {Record<string, number>} */
  const bad = {};
  for (const [problem, count] of turns.flatMap((turn) => Object.entries(turn.bad))) {
    bad[problem] = (bad[problem] ?? 0) + count;
  }
  return { value: isMeasured ? sum(({ cpu = 0 }) => cpu) / units : undefined, answered, deltas, bad };
}

/**
 * What memory grows by for each idle stream, in a process that was just started.
 * @param {Child} load
 * @param {Target} target
 * @param {{ streams: number, settleSeconds: number }} options
 * @returns {Promise<Measurement>}
 */
export async function measureMemory(load, { child, apiKey }, { streams, settleSeconds }) {
  const hold = (/** @type {number} */ count) =>
    askChild(load, { job: 'hold', streams: count, port: child.port, apiKey });
  const first = await hold(FIRST_STREAMS);
  await askChild(load, { job: 'release' });
  const before = await readSettledKilobytes(child, settleSeconds);
  await hold(streams);
  const during = await readSettledKilobytes(child, settleSeconds);
  const { answered, deltas, bad } = await askChild(load, { job: 'release' });
  const missing = FIRST_STREAMS - first.answered + streams - answered;
  const isMeasured = before !== undefined && during !== undefined;
  return {
    value: isMeasured ? (during - before) / streams : undefined,
    answered,
    deltas,
    bad: sumOf(bad) === 0 && missing > 0 ? { 'stream never began': missing } : bad,
  };
}

/**
 * @param {Child} child
 * @param {number} seconds
 */
async function readSettledKilobytes({ pid, logFile }, seconds) {
  await delay(seconds * 1000);
  // The first one finds what to finalize, the second one frees it.
  for (let time = 0; time < 2; time++) await collectGarbage(logFile);
  // V8 gives pages back a little later.
  await delay(seconds * 1000);
  return readResidentKilobytes(pid);
}
