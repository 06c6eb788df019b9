/** Parley as it runs in production, for the bench: built, on an embedded Postgres, with every feature on. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { entryOf, migrate } from '../testing/built-parley.mjs';

/** Limits that are counted but never reached. */
const HIGH_RPM = 10_000_000;
const HIGH_TPM = 2_000_000_000;
const HIGH_PARALLEL = 1_000_000;

/**
 * Migrates the database and makes an API key with limits.
 * @param {object} options
 * @param {string} options.databaseUrl
 * @param {number} options.upstreamPort
 * @param {string} options.folder
 */
export async function prepareParley({ databaseUrl, upstreamPort, folder }) {
  const masterKey = randomBytes(32).toString('hex');
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  const environment = {
    DATABASE_URL: databaseUrl,
    ENCRYPTION_MASTER_KEY: masterKey,
    QUEUE: 'postgres',
    SPOOL_DIR: join(folder, 'spool'),
    PORT: '0',
    METRICS_PORT: '0',
    LOG_LEVEL: 'info',
    RATE_LIMIT_GLOBAL_RPM: String(HIGH_RPM),
    RATE_LIMIT_PER_ADDRESS_RPM: String(HIGH_RPM),
    DRAIN_TIMEOUT_S: '0',
    SIMULATOR: 'off',
    OPENAI_API_KEY: 'upstream',
    OPENAI_BASE_URL: `${upstream}/v1`,
    ANTHROPIC_API_KEY: 'upstream',
    ANTHROPIC_BASE_URL: upstream,
    GOOGLE_AI_API_KEY: 'upstream',
    GOOGLE_BASE_URL: upstream,
    // As in the image.
    NODE_OPTIONS: '--enable-source-maps',
  };
  await migrate(environment);
  const apiKey = await createKey(databaseUrl, masterKey);
  return { apiKey, environment, entry: entryOf('gateway') };
}

/**
 * @param {string} databaseUrl
 * @param {string} masterKey
 */
async function createKey(databaseUrl, masterKey) {
  // Only now: it has just been built.
  const { createDataSource, createKeyHasher, KeyStore } = await import('@parley/persistence');
  const dataSource = createDataSource({ url: databaseUrl, poolSize: 1, applicationName: 'parley-bench' });
  await dataSource.initialize();
  try {
    const store = new KeyStore(dataSource, createKeyHasher(masterKey));
    const limits = { rpm: HIGH_RPM, tpm: HIGH_TPM, maxParallel: HIGH_PARALLEL };
    const { secret } = await store.create({ name: 'bench', role: 'member', ...limits });
    return secret;
  } finally {
    await dataSource.destroy();
  }
}
