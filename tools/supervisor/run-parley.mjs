import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { preparePostgres } from '../postgres.mjs';
import { findRedisProgram, prepareRedis } from '../redis.mjs';
import { appEnvironments, choosePorts, stopDeadlineMs } from './app-settings.mjs';
import { takeInstanceLock } from './instance-lock.mjs';
import { launchForOutput, launchWithLog, waitForReadyMessage } from './launch.mjs';
import { endLeftovers, ProcessLedger } from './process-ledger.mjs';
import { openProgress } from './progress.mjs';
import { chooseQueueHome, readQueueHome, writeQueueHome } from './queue-choice.mjs';
import { loadSecrets } from './secrets.mjs';
import { StartProblem, toStartProblem } from './start-problem.mjs';
import { Supervisor } from './supervisor.mjs';

const STEP_COUNT = 5;
const READY_DEADLINE_MS = 60_000;
const ANSWER_TIMEOUT_MS = 5_000;
const POLL_INTERVAL_MS = 50;
/** npm passes Ctrl-C on to a process that the terminal has told already: two signals this close are one. */
const SAME_INTERRUPT_MS = 500;

/**
 * @typedef {object} Installation
 * @property {string} dataDirectory
 * @property {NodeJS.ProcessEnv} environment
 * @property {string[]} build arguments for node; an empty list builds nothing
 * @property {Record<'migrate' | 'gateway' | 'worker' | 'simulator', string>} entries paths of the programs
 *
 * @typedef {object} Workshop what every step works with
 * @property {Supervisor} supervisor
 * @property {ReturnType<typeof openProgress>} progress
 * @property {string} dataDirectory
 * @property {(name: string) => string} logFile
 */

/**
 * Starts everything, keeps it running until the first interrupt, stops everything.
 * @param {Installation} installation
 * @returns {Promise<number>} the exit code
 */
export async function runParley(installation) {
  const { dataDirectory, environment } = installation;
  const progress = openProgress(STEP_COUNT);
  // Before the first spawn: an interrupt must never find a process that nobody stops.
  const interrupt = listenForInterrupts();
  let releaseLock = () => {};
  /** @type {Supervisor | undefined} */
  let supervisor;

  try {
    mkdirSync(join(dataDirectory, 'logs'), { recursive: true, mode: 0o700 });
    releaseLock = takeInstanceLock(dataDirectory);
    const ledgerFile = join(dataDirectory, 'processes.json');
    const ended = await endLeftovers(ledgerFile);
    if (ended.length > 0) progress.say(`Ended what an earlier start left running: ${ended.join(', ')}`);
    const ports = await choosePorts(environment);
    const queueHome = decideQueueHome(environment, dataDirectory, progress.say);
    const secrets = loadSecrets(dataDirectory, environment);

    supervisor = new Supervisor({
      ledger: new ProcessLedger(ledgerFile),
      say: progress.say,
      stopDeadlineMs: stopDeadlineMs(environment),
    });
    interrupt.onSecond(() => supervisor?.killAll());
    const logFile = (/** @type {string} */ name) => join(dataDirectory, 'logs', `${name}.log`);
    const workshop = { supervisor, progress, dataDirectory, logFile };
    const running = startAll(installation, workshop, { ports, secrets, queueHome });
    // When an interrupt comes first, nobody waits for the rest of the start any more.
    running.catch(() => {});
    const stopReasons = [interrupt.first, supervisor.broken];
    await Promise.race([running, ...stopReasons]);
    await Promise.race(stopReasons);
    progress.say('stopping ...');
    return 0;
  } catch (error) {
    const problem = toStartProblem(error);
    progress.complain(problem.message);
    return problem.exitCode;
  } finally {
    await supervisor?.stop();
    releaseLock();
  }
}

/**
 * @param {Installation} installation
 * @param {Workshop} workshop
 * @param {object} decisions
 * @param {Awaited<ReturnType<typeof choosePorts>>} decisions.ports
 * @param {ReturnType<typeof loadSecrets>} decisions.secrets
 * @param {import('./queue-choice.mjs').QueueHome} decisions.queueHome
 */
async function startAll(installation, workshop, { ports, secrets, queueHome }) {
  const { environment, build, entries } = installation;
  const { supervisor, progress, logFile } = workshop;

  await progress.step('building', () => buildApps(build, supervisor));
  const databaseUrl = await progress.step('Postgres', () => startDatabase(environment, workshop));
  const { queue, redisUrl } = await progress.step('queue', () =>
    startQueue(queueHome, environment.REDIS_URL, workshop),
  );
  const environments = appEnvironments({
    dataDirectory: installation.dataDirectory,
    environment,
    ports,
    secrets,
    databaseUrl,
    redisUrl,
    queue,
  });

  await progress.step('migrations', async () => {
    const options = { logFile: logFile('migrate'), environment: environments.migrate, showErrors: true };
    const launch = () => launchWithLog(process.execPath, ['--enable-source-maps', entries.migrate], options);
    const { exitCode } = await supervisor.runTask('migrations', launch);
    if (exitCode !== 0) {
      throw new StartProblem(`The migrations failed (see above and ${options.logFile}).`, { exitCode: exitCode ?? 1 });
    }
  });

  const names = /** @type {const} */ (['simulator', 'worker', 'gateway']).filter(
    (name) => name !== 'simulator' || ports.simulator,
  );
  const url = `http://${urlHost(ports.host)}:${ports.gateway}`;
  await progress.step(names.join(', '), async () => {
    await Promise.all(
      names.map((name) => supervisor.keepRunning(appProgram(name, entries[name], environments[name], logFile(name)))),
    );
    await waitUntilReady(url);
  });
  progress.say(welcome(url, secrets.ADMIN_KEY, workshop.dataDirectory));
}

/**
 * @param {string[]} build
 * @param {Supervisor} supervisor
 */
async function buildApps(build, supervisor) {
  if (build.length === 0) return;
  const { exitCode, output } = await supervisor.runTask('build', () => launchForOutput(process.execPath, build));
  if (exitCode !== 0) throw new StartProblem(`The build failed:\n${output.trim()}`);
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {Workshop} workshop
 */
async function startDatabase(environment, { supervisor, dataDirectory, logFile }) {
  if (environment.DATABASE_URL) return environment.DATABASE_URL;
  const { url, program } = await preparePostgres({ dataDirectory, logFile: logFile('postgres'), supervisor });
  await supervisor.keepRunning(program);
  return url;
}

/**
 * @param {import('./queue-choice.mjs').QueueHome} home
 * @param {string | undefined} redisUrl of the environment
 * @param {Workshop} workshop
 * @returns {Promise<{ queue: 'redis' | 'postgres', redisUrl: string | undefined }>}
 */
async function startQueue(home, redisUrl, { supervisor, dataDirectory, logFile }) {
  if (home === 'postgres') return { queue: 'postgres', redisUrl };
  if (home === 'redis-url') return { queue: 'redis', redisUrl };
  const executable = /** @type {string} */ (findRedisProgram());
  const { url, program } = await prepareRedis({ executable, dataDirectory, logFile: logFile('redis') });
  await supervisor.keepRunning(program);
  return { queue: 'redis', redisUrl: url };
}

/**
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} dataDirectory
 * @param {(line: string) => void} say
 */
function decideQueueHome(environment, dataDirectory, say) {
  const previous = readQueueHome(dataDirectory);
  const { home, notice } = chooseQueueHome({
    environment,
    previous,
    hasRedisProgram: findRedisProgram() !== undefined,
  });
  if (notice) say(notice);
  if (home !== previous) writeQueueHome(dataDirectory, home);
  return home;
}

/**
 * @param {string} name
 * @param {string} entry
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} logFile
 * @returns {import('./supervisor.mjs').LongRunning}
 */
function appProgram(name, entry, environment, logFile) {
  return {
    name,
    kind: 'app',
    stopSignal: 'SIGTERM',
    logFile,
    launch: () =>
      launchWithLog(process.execPath, ['--enable-source-maps', entry], {
        logFile,
        environment,
        showErrors: true,
        speaks: true,
      }),
    waitUntilReady: waitForReadyMessage,
  };
}

/** The gateway is up when it says so itself, over the same way that callers take. @param {string} url */
async function waitUntilReady(url) {
  const deadline = Date.now() + READY_DEADLINE_MS;
  let answer = 'no answer';
  while (Date.now() < deadline) {
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      const body = await response.text();
      if (response.ok) return;
      answer = `${response.status} ${body}`;
    } catch (error) {
      answer = String(error);
    }
    await delay(POLL_INTERVAL_MS);
  }
  throw new StartProblem(`The gateway did not become ready within ${READY_DEADLINE_MS / 1000} s: ${answer}`);
}

/** An address to connect to, for one to listen on. @param {string} host */
function urlHost(host) {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * @param {string} url
 * @param {string} adminKey
 * @param {string} dataDirectory
 */
function welcome(url, adminKey, dataDirectory) {
  return `
Parley is ready.
  URL        ${url}
  admin key  ${adminKey}
  logs       ${join(dataDirectory, 'logs')}

Try it:
  curl ${url}/v1/chat/completions \\
    -H "Authorization: Bearer ${adminKey}" \\
    -H "Content-Type: application/json" \\
    -d '{"model": "default", "messages": [{"role": "user", "content": "Hello!"}]}'

Ctrl-C stops everything.`;
}

/** The first Ctrl-C (or SIGTERM, or a closed terminal) stops in order, a second one kills at once. */
function listenForInterrupts() {
  const first = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers());
  let onSecond = () => {};
  /** @type {number | undefined} */
  let firstAt;
  const onSignal = () => {
    firstAt ??= performance.now();
    first.resolve();
    if (performance.now() - firstAt < SAME_INTERRUPT_MS) return;
    onSecond();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  // A closed terminal takes its streams with it; the shutdown goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return { first: first.promise, onSecond: (/** @type {() => void} */ act) => (onSecond = act) };
}
