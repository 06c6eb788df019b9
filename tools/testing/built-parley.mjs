/** Parley as it runs in production: what is built, on a Postgres of the run's own. */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './run-checks.mjs';

const SERVICES_HOST = fileURLToPath(new URL('services-host.mjs', import.meta.url));

/** @param {'gateway' | 'worker'} app */
export const entryOf = (app) => join(ROOT, 'apps', app, 'dist/main.js');

/** Brings `dist` up to date. */
export async function build() {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  await runToEnd('The build', [compiler, '-b', ROOT], { PATH: process.env.PATH });
}

/**
 * Brings the database up to date.
 * @param {Record<string, string>} environment the gateway's
 */
export async function migrate(environment) {
  const script = join(ROOT, 'apps/gateway/dist/migrate.js');
  await runToEnd('The migration', [script], { PATH: process.env.PATH, ...environment });
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
