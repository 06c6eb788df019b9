const summaryFile = process.env.PARLEY_TEST_SUMMARY;

/** Native ESM: sources are run as ESM by Jest's vm modules; swc only strips types and emits decorator metadata. */
export default {
  rootDir: process.env.NX_WORKSPACE_ROOT ?? import.meta.dirname,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@parley/source', 'node', 'node-addons'] },
  globalSetup: '<rootDir>/tools/testing/start-services.mjs',
  globalTeardown: '<rootDir>/tools/testing/end-services.mjs',
  reporters: ['default', ...(summaryFile ? [['<rootDir>/tools/testing/jest-summary.mjs', { file: summaryFile }]] : [])],
  setupFiles: ['<rootDir>/tools/jest.setup.mjs'],
  testMatch: [
    '<rootDir>/{apps,libs}/*/src/**/*.spec.ts',
    '<rootDir>/apps/*/test/**/*.spec.ts',
    '<rootDir>/tools/**/*.spec.ts',
  ],
  extensionsToTreatAsEsm: ['.ts'],
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
  // Real processes and databases start and stop inside of tests, on machines that do other things too.
  testTimeout: 60_000,
  watchman: false,
};
