/**
 * Suites that say how long something may take, or that wait for a fixed time. They run one at a time and beside nothing
 * else, so that what they see is Parley and not the tests next to them. `timed-suites.spec.ts` finds what is missing here.
 */
export const TIMED_SUITES = [
  'apps/gateway/test/closing.spec.ts',
  'apps/gateway/test/files.spec.ts',
  'apps/gateway/test/operations/database-away.spec.ts',
  'apps/gateway/test/operations/drain.spec.ts',
  'apps/gateway/test/process.spec.ts',
  'apps/gateway/test/resilience.spec.ts',
  'apps/gateway/test/responses.spec.ts',
  'apps/gateway/test/stream-faults.spec.ts',
  'apps/gateway/test/streams.spec.ts',
  'apps/simulator/test/lifecycle.spec.ts',
  'apps/worker/src/validation/batch-validator.spec.ts',
  'apps/worker/test/batches.spec.ts',
  'libs/dialects/src/media.spec.ts',
  'libs/inference/src/accounting/ledger.spec.ts',
  'libs/inference/src/accounting/tokenizer.spec.ts',
  'libs/inference/src/engine/engine.spec.ts',
  'libs/inference/src/resilience/deadline.spec.ts',
  'libs/persistence/src/health/ping-database.spec.ts',
  'libs/providers/src/invoke.spec.ts',
  'libs/providers/src/live-stream.spec.ts',
];
