/** From measurements to figures: what goes into the JSON and into the table. */
import { spreadOf, sumOf } from './figures.mjs';
import { BARE_PROXY, MEMORY, scenarioOf } from './scenarios.mjs';

/**
 * @typedef {import('./measure.mjs').Measurement} Measurement
 * @typedef {import('./scenarios.mjs').CpuScenarioName} CpuScenarioName
 *
 * @typedef {object} Round one scenario's measurement, and what it is compared with, measured next to it
 * @property {CpuScenarioName} scenario
 * @property {Measurement} reference
 * @property {Measurement} parley
 *
 * @typedef {object} TargetFigures
 * @property {import('./figures.mjs').Spread | null} figure null where nothing could be measured
 * @property {number} answered
 * @property {number} deltas
 * @property {number} bad
 * @property {Record<string, number>} problems
 *
 * @typedef {object} ScenarioFigures
 * @property {string} name
 * @property {string} about
 * @property {string} unit
 * @property {string} beside what Parley is compared with: the bare proxy, or another scenario of its own
 * @property {Record<'reference' | 'parley', TargetFigures>} targets
 * @property {import('./figures.mjs').Spread | null} ratio Parley over the reference, of measurements that were made together
 * @property {number | null} goal for the ratio's median, or for Parley's memory, at most
 * @property {boolean | null} met null without a goal or without a figure
 */

/**
 * @param {CpuScenarioName} name
 * @param {Round[]} rounds
 * @returns {ScenarioFigures}
 */
export function summarizeCpu(name, rounds) {
  const { about, unit, beside, goal } = scenarioOf(name);
  const ratio = spreadOf(rounds.flatMap(ratioOf));
  return {
    name,
    about,
    unit: `CPU µs per ${unit}`,
    beside,
    targets: {
      reference: gather(rounds.map(({ reference }) => reference)),
      parley: gather(rounds.map(({ parley }) => parley)),
    },
    ratio,
    goal: goal ?? null,
    met: goal === undefined || !ratio ? null : ratio.median <= goal,
  };
}

/**
 * @param {Measurement} bare
 * @param {Measurement} parley
 * @returns {ScenarioFigures}
 */
export function summarizeMemory(bare, parley) {
  return {
    name: 'memory',
    about: MEMORY.about,
    unit: 'KB per stream',
    beside: BARE_PROXY,
    targets: { reference: gather([bare]), parley: gather([parley]) },
    ratio: spreadOf(ratioOf({ reference: bare, parley })),
    goal: MEMORY.goalKilobytes,
    met: parley.value === undefined ? null : parley.value <= MEMORY.goalKilobytes,
  };
}

/**
 * @param {Pick<Round, 'reference' | 'parley'>} pair
 * @returns {number[]} one ratio, or none
 */
function ratioOf({ reference, parley }) {
  return reference.value !== undefined && parley.value !== undefined ? [parley.value / reference.value] : [];
}

/**
 * @param {Measurement[]} measurements
 * @returns {TargetFigures}
 */
function gather(measurements) {
  /** @type {Record<string, number>} */
  const problems = {};
  for (const { bad } of measurements)
    for (const [problem, count] of Object.entries(bad)) problems[problem] = (problems[problem] ?? 0) + count;
  return {
    figure: spreadOf(measurements.flatMap(({ value }) => (value === undefined ? [] : [value]))),
    answered: measurements.reduce((sum, { answered }) => sum + answered, 0),
    deltas: measurements.reduce((sum, { deltas }) => sum + deltas, 0),
    bad: sumOf(problems),
    problems,
  };
}
