/** A Jest reporter that hands the totals and the skipped tests to the one who started Jest, in a file. */
import { writeFileSync } from 'node:fs';

const NO_REASON = 'no reason given: add "(SKIPPED: why)" to the name';

export default class JestSummary {
  #file;

  /**
   * @param {unknown} _globalConfig
   * @param {{ file: string }} options
   */
  constructor(_globalConfig, { file }) {
    this.#file = file;
  }

  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    const skipped = results.testResults
      .flatMap((suite) => suite.testResults)
      .filter(({ status }) => status === 'pending' || status === 'todo')
      .map(({ fullName }) => ({ name: fullName, reason: /\(SKIPPED: ([^)]+)\)/.exec(fullName)?.[1] ?? NO_REASON }));
    const summary = {
      passed: results.numPassedTests,
      // A file that cannot even be loaded has no tests to count, and counts as one.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped,
    };
    writeFileSync(this.#file, JSON.stringify(summary));
  }
}
