import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { preparePostgres } from '../postgres.mjs';
import { findRedisProgram, prepareRedis } from '../redis.mjs';
import { appEnvironments, choosePorts, stopDeadlineMs } from './app-settings.mjs';
import { gatewayUrl, waitUntilReady, welcome } from './gateway-address.mjs';
import { takeInstanceLock } from './instance-lock.mjs';
import { listenForInterrupts } from './interrupts.mjs';
import { launchForOutput, launchWithLog, waitForReadyMessage } from './launch.mjs';
import { endLeftovers, ProcessLedger } from './process-ledger.mjs';
import { openProgress } from './progress.mjs';
import { chooseQueueHome, readQueueHome, writeQueueHome } from './queue-choice.mjs';
import { loadSecrets } from './secrets.mjs';
import { StartProblem, toStartProblem } from './start-problem.mjs';
import { Supervisor } from './supervisor.mjs';

const STEP_COUNT = 5;

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
  const url = gatewayUrl(ports);
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
