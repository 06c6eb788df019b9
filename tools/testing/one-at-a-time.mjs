import jestRunner from 'jest-runner';

// The package's types tell its CommonJS form, where the class is one level deeper.
const JestRunner = /** @type {typeof jestRunner.default} */ (/** @type {unknown} */ (jestRunner));

/** Jest's own way to run suites, but with one worker. The suites of another runner run before or after, never beside. */
export default class OneAtATime extends JestRunner {
  /**
   * @param {import('@jest/types').Config.GlobalConfig} globalConfig
   * @param {import('jest-runner').TestRunnerContext} context
   */
  constructor(globalConfig, context) {
    super({ ...globalConfig, maxWorkers: 1 }, context);
  }
}
