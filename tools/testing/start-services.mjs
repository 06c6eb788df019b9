/**
 * Before all tests (Jest's globalSetup): one embedded Postgres, and a private Redis where the machine has one.
 * Tests find them in PARLEY_TEST_DATABASE_URL (a superuser's; make a database of your own from it) and
 * PARLEY_TEST_REDIS_URL (absent: no Redis, skip and say so).
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const HOST = fileURLToPath(new URL('services-host.mjs', import.meta.url));

export default async function startServices() {
  const host = fork(HOST, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  // Jest hands nothing from its setup to its teardown but the global object.
  Object.assign(globalThis, { parleyTestServices: host });
  const [{ postgresUrl, redisUrl, problem }] = await once(host, 'message');
  if (problem) throw new Error(`The servers for the tests cannot start: ${problem}`);
  process.env.PARLEY_TEST_DATABASE_URL = postgresUrl;
  if (redisUrl) process.env.PARLEY_TEST_REDIS_URL = redisUrl;
  else delete process.env.PARLEY_TEST_REDIS_URL;
}
