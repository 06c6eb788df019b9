import { availableParallelism } from 'node:os';
import { TIMED_SUITES } from './tools/testing/timed-suites.mjs';

const summaryFile = process.env.PARLEY_TEST_SUMMARY;

/** Native ESM: sources run as ESM in Jest's vm modules; swc only strips types and emits decorator metadata. */
const typescript = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@parley/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  setupFiles: ['<rootDir>/tools/testing/seed-properties.mjs'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.data', '<rootDir>/.nx'],
};

/** The servers of the test run start only when a test of such a project runs. */
const services = {
  globalSetup: '<rootDir>/tools/testing/start-services.mjs',
  globalTeardown: '<rootDir>/tools/testing/end-services.mjs',
};

/** What specs of a Nest app need before anything else. */
const nestSetup = [...typescript.setupFiles, '<rootDir>/tools/testing/preload-nest.mjs'];

/** `src` and `test` of some rooms. */
const specsOf = (rooms) => [`<rootDir>/${rooms}/src/**/*.spec.ts`, `<rootDir>/${rooms}/test/**/*.spec.ts`];
const butTimed = { testPathIgnorePatterns: ['/node_modules/', ...TIMED_SUITES] };

export default {
  projects: [
    {
      ...typescript,
      ...butTimed,
      displayName: 'pure',
      testMatch: [...specsOf('libs/{contracts,dialects,providers}'), ...specsOf('apps/{simulator,dashboard}')],
    },
    {
      ...typescript,
      ...services,
      ...butTimed,
      displayName: 'nest',
      setupFiles: nestSetup,
      testMatch: [...specsOf('libs/!(contracts|dialects|providers)'), ...specsOf('apps/!(simulator|dashboard)')],
    },
    {
      ...typescript,
      ...services,
      ...butTimed,
      displayName: 'tools',
      testMatch: ['<rootDir>/tools/**/*.spec.ts'],
    },
    {
      ...typescript,
      ...services,
      displayName: 'timed',
      runner: '<rootDir>/tools/testing/one-at-a-time.mjs',
      setupFiles: nestSetup,
      testMatch: TIMED_SUITES.map((path) => `<rootDir>/${path}`),
    },
  ],
  reporters: ['default', ...(summaryFile ? [['<rootDir>/tools/testing/jest-summary.mjs', { file: summaryFile }]] : [])],
  // Real processes and databases start and stop inside of tests, on machines that do other things too.
  testTimeout: 60_000,
  watchman: false,
  // Jest would leave one of two cores idle, and most suites wait more than they compute.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // No ESM module of a finished suite is ever freed: a worker grows by some 50 MB with each suite, and is replaced in time.
  workerIdleMemoryLimit: '800MB',
};
