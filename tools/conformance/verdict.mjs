/** What a run of the kit says about Parley. Whatever is not surely a success is a failure. */
import { existsSync, readFileSync } from 'node:fs';

/** The least share of the kit's recommendations (`should`) that has to hold. */
const LEAST_SHOULD_SHARE = 0.95;

/**
 * @typedef {object} CaseResult as the kit writes it
 * @property {string} id
 * @property {string} title
 * @property {'must' | 'should'} level
 * @property {'pass' | 'fail' | 'skip'} status
 * @property {string} detail why it failed or was skipped
 * @property {'pass' | 'fail' | null} contract whether every answer had the published form; null: there was none to check
 * @property {string[]} violations of that form
 *
 * @typedef {object} Verdict
 * @property {string} line the figures
 * @property {string[]} problems empty: the run is a success
 * @property {import('../testing/run-checks.mjs').Totals} totals
 */

/**
 * Judges one run.
 * @param {string} kind what served the tested model
 * @param {string} resultFile
 * @param {number | null} exitCode null: it was killed
 * @returns {Verdict}
 */
export function judgeRun(kind, resultFile, exitCode) {
  const results = readResults(resultFile);
  const ran = results.filter(({ status }) => status !== 'skip');
  const isGood = (/** @type {CaseResult} */ result) => result.status === 'pass' && result.contract !== 'fail';
  const musts = ran.filter(({ level }) => level === 'must');
  const shoulds = ran.filter(({ level }) => level === 'should');
  const contracts = ran.filter(({ contract }) => contract !== null);
  const heldShoulds = shoulds.filter(({ status }) => status === 'pass');
  const areEnough = heldShoulds.length >= LEAST_SHOULD_SHARE * shoulds.length;
  // A recommendation that does not hold is borne, if there are few; an answer in a wrong form never is.
  const isBorne = (/** @type {CaseResult} */ result) =>
    areEnough && result.level === 'should' && result.status === 'fail' && result.contract !== 'fail';
  const failed = ran.filter((result) => !isGood(result) && !isBorne(result));

  const problems = failed.map(describeFailure);
  if (exitCode !== 0) problems.push(`the kit ended with ${exitCode === null ? 'a signal' : `code ${exitCode}`}`);
  if (musts.length === 0 || contracts.length === 0) problems.push('the kit left no result of any case');
  const unexplained = problems.length > 0 && failed.length === 0 ? 1 : 0;
  return {
    line: [
      `must ${ratio(
        musts.filter(({ status }) => status === 'pass'),
        musts,
      )}`,
      `should ${ratio(heldShoulds, shoulds)}`,
      `contract ${ratio(
        contracts.filter(({ contract }) => contract === 'pass'),
        contracts,
      )}`,
    ].join(', '),
    problems,
    totals: {
      passed: ran.filter(isGood).length,
      failed: failed.length + unexplained,
      skipped: [
        ...results.filter(({ status }) => status === 'skip').map((result) => skip(kind, result, result.detail)),
        ...ran
          .filter(isBorne)
          .map((result) => skip(kind, result, 'does not hold, which the conformance kit lets pass')),
      ],
    },
  };
}

/**
 * @param {string} file
 * @returns {CaseResult[]} none where the kit died before it wrote them
 */
function readResults(file) {
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')).results ?? [];
  } catch {
    return [];
  }
}

/** @param {CaseResult} result */
function describeFailure({ id, level, status, title, detail, violations }) {
  const behaviour = status === 'fail' ? [`    ${detail}`] : [];
  return [`${id} (${level}): ${title}`, ...behaviour, ...violations.map((violation) => `    ! ${violation}`)].join(
    '\n',
  );
}

/**
 * @param {string} kind
 * @param {CaseResult} result
 * @param {string} reason
 */
const skip = (kind, { id, title }, reason) => ({ name: `conformance, ${kind} upstream: ${id}: ${title}`, reason });

/** @param {unknown[]} part @param {unknown[]} whole */
const ratio = (part, whole) => `${part.length}/${whole.length}`;
