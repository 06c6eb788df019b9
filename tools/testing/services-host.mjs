/**
 * The servers of one test run, in a process of its own: they live in a temporary folder and end with the test runner,
 * also when that is killed, because then the IPC channel closes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preparePostgres } from '../postgres.mjs';
import { findRedisProgram, prepareRedis } from '../redis.mjs';
import { Supervisor } from '../supervisor/supervisor.mjs';

const dataDirectory = mkdtempSync(join(tmpdir(), 'parley-test-'));
const supervisor = new Supervisor({ ledger: { add: () => {}, remove: () => {} }, say: console.error });

process.once('disconnect', () => void end());
// Ctrl-C reaches the whole group; the runner decides when its servers go.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});

/** @returns {Promise<string>} */
async function startPostgres() {
  const logFile = join(dataDirectory, 'postgres.log');
  const { url, program } = await preparePostgres({ dataDirectory, logFile, supervisor, durable: false });
  // Nothing in it is worth a checkpoint: SIGQUIT is "immediate shutdown" of postgres(1).
  await supervisor.keepRunning({ ...program, stopSignal: 'SIGQUIT' });
  return url;
}

/** @returns {Promise<string | undefined>} */
async function startRedis() {
  const executable = process.env.QUEUE === 'postgres' ? undefined : findRedisProgram();
  if (!executable) return undefined;
  const logFile = join(dataDirectory, 'redis.log');
  const { url, program } = await prepareRedis({ executable, dataDirectory, logFile, durable: false });
  await supervisor.keepRunning(program);
  return url;
}

async function end() {
  await supervisor.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
  process.exit();
}

try {
  const [postgresUrl, redisUrl] = await Promise.all([startPostgres(), startRedis()]);
  process.send?.({ postgresUrl, redisUrl });
} catch (error) {
  process.send?.({ problem: error instanceof Error ? error.message : String(error) });
}
