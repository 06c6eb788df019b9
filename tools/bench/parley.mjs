/** Parley as it runs in production, for the bench: built, on an embedded Postgres, with every feature on. */
import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVICES_HOST = join(ROOT, 'tools/testing/services-host.mjs');
/** Limits that are counted but never reached. */
const HIGH_RPM = 10_000_000;
const HIGH_TPM = 2_000_000_000;
const HIGH_PARALLEL = 1_000_000;

/** Brings `dist` up to date. */
export async function build() {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  await runToEnd('The build', [compiler, '-b', ROOT], { PATH: process.env.PATH });
}

/**
 * A Postgres of its own that ends with this process.
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startDatabase() {
  const environment = { PATH: process.env.PATH, QUEUE: 'postgres' };
  const host = fork(SERVICES_HOST, { execArgv: [], env: environment, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ postgresUrl, problem }] = await once(host, 'message');
  if (problem) throw new Error(`Postgres cannot start: ${problem}`);
  const stop = async () => {
    if (host.exitCode !== null || !host.connected) return;
    const exited = once(host, 'exit');
    host.disconnect();
    await exited;
  };
  return { url: postgresUrl, stop };
}

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
  const migrate = join(ROOT, 'apps/gateway/dist/migrate.js');
  await runToEnd('The migration', [migrate], { PATH: process.env.PATH, ...environment });
  const apiKey = await createKey(databaseUrl, masterKey);
  return { apiKey, environment, entry: join(ROOT, 'apps/gateway/dist/main.js') };
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

/**
 * @param {string} what
 * @param {string[]} args for node
 * @param {NodeJS.ProcessEnv} environment
 */
async function runToEnd(what, args, environment) {
  const child = spawn(process.execPath, args, { cwd: ROOT, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [exitCode] = await once(child, 'close');
  if (exitCode !== 0) throw new Error(`${what} failed:\n${output.trim()}`);
}
