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

/** `src` and `test` of some rooms. */
const specsOf = (rooms) => [`<rootDir>/${rooms}/src/**/*.spec.ts`, `<rootDir>/${rooms}/test/**/*.spec.ts`];

export default {
  projects: [
    {
      ...typescript,
      displayName: 'pure',
      testMatch: [...specsOf('libs/{contracts,dialects,providers}'), ...specsOf('apps/{simulator,dashboard}')],
    },
    {
      ...typescript,
      ...services,
      displayName: 'nest',
      setupFiles: ['<rootDir>/tools/testing/seed-properties.mjs', '<rootDir>/tools/testing/preload-nest.mjs'],
      testMatch: [...specsOf('libs/!(contracts|dialects|providers)'), ...specsOf('apps/!(simulator|dashboard)')],
    },
    {
      ...typescript,
      ...services,
      displayName: 'tools',
      testMatch: ['<rootDir>/tools/**/*.spec.ts'],
    },
  ],
  reporters: ['default', ...(summaryFile ? [['<rootDir>/tools/testing/jest-summary.mjs', { file: summaryFile }]] : [])],
  // Real processes and databases start and stop inside of tests, on machines that do other things too.
  testTimeout: 60_000,
  watchman: false,
};
