/** One measurement each: CPU time under a load, memory under idle streams. */
import { setTimeout as delay } from 'node:timers/promises';
import { askChild } from './ask-child.mjs';
import { collectGarbage } from './collect-garbage.mjs';
import { sumOf } from './figures.mjs';
import { readCpuMicroseconds, readResidentKilobytes } from './process-usage.mjs';
import { scenarioOf } from './scenarios.mjs';

/** Streams that are opened and left before memory is measured, so that code loaded for the first one is not counted. */
const FIRST_STREAMS = 20;

/**
 * @typedef {import('../testing/children.mjs').Child} Child
 * @typedef {'bare' | 'parley'} TargetName
 * @typedef {{ child: Child, apiKey: string }} Target
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
 * @param {import('./scenarios.mjs').CpuScenarioName} scenario
 * @param {number} seconds
 */
export function runLoad(load, { child, apiKey }, scenario, seconds) {
  return askChild(load, { job: 'run', scenario, seconds, port: child.port, apiKey });
}

/**
 * CPU time of the target's whole process for each request or delta.
 * @param {Child} load
 * @param {Target} target
 * @param {import('./scenarios.mjs').CpuScenarioName} scenario
 * @param {{ seconds: number, aftermathSeconds: number }} options
 * @returns {Promise<Measurement>}
 */
export async function measureCpu(load, target, scenario, { seconds, aftermathSeconds }) {
  const before = readCpuMicroseconds(target.child.pid);
  const { answered, deltas, bad } = await runLoad(load, target, scenario, seconds);
  await delay(aftermathSeconds * 1000);
  const after = readCpuMicroseconds(target.child.pid);
  const units = scenarioOf(scenario).unit === 'delta' ? deltas : answered;
  const isMeasured = before !== undefined && after !== undefined && units > 0;
  return { value: isMeasured ? (after - before) / units : undefined, answered, deltas, bad };
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
