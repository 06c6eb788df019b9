import { join } from 'node:path';
import { BROKEN_CONFIGURATION, StartProblem } from './start-problem.mjs';
import { claimPort, findFreePort, preferPort } from './ports.mjs';

const DEFAULT_PORT = '4000';
const GATEWAY_METRICS_PORT = 9464;
const WORKER_METRICS_PORT = 9465;
/** How long running requests may go on after Ctrl-C, where nobody set it: at a terminal somebody waits. */
const DEFAULT_DRAIN_TIMEOUT_S = '10';
/** What an app may take beyond its draining before it is killed. */
const STOP_MARGIN_MS = 5_000;

/**
 * The ports of all apps, checked before anything is started.
 * @param {NodeJS.ProcessEnv} environment
 */
export async function choosePorts(environment) {
  const host = environment.HOST || '127.0.0.1';
  const simulator = environment.SIMULATOR || 'on';
  if (simulator !== 'on' && simulator !== 'off') {
    throw new StartProblem(`SIMULATOR must be "on" or "off", but is "${simulator}".`, {
      exitCode: BROKEN_CONFIGURATION,
    });
  }
  const { METRICS_PORT: metricsPort, SIMULATOR_PORT: simulatorPort } = environment;
  return {
    host,
    gateway: await claimPort('PORT', environment.PORT || DEFAULT_PORT, host),
    gatewayMetrics: metricsPort
      ? await claimPort('METRICS_PORT', metricsPort, host)
      : await preferPort(GATEWAY_METRICS_PORT, host),
    // One variable cannot name the ports of two processes on one machine.
    workerMetrics: await preferPort(Number(metricsPort) > 0 ? Number(metricsPort) + 1 : WORKER_METRICS_PORT, host),
    simulator: await chooseSimulatorPort(simulator, simulatorPort),
  };
}

/**
 * @param {'on' | 'off'} simulator
 * @param {string | undefined} port
 */
function chooseSimulatorPort(simulator, port) {
  if (simulator === 'off') return undefined;
  return port ? claimPort('SIMULATOR_PORT', port, '127.0.0.1') : findFreePort();
}

/**
 * What each app finds in its environment.
 * @param {object} facts
 * @param {string} facts.dataDirectory
 * @param {NodeJS.ProcessEnv} facts.environment
 * @param {Awaited<ReturnType<typeof choosePorts>>} facts.ports
 * @param {{ ENCRYPTION_MASTER_KEY: string, ADMIN_KEY: string }} facts.secrets
 * @param {string} facts.databaseUrl
 * @param {string | undefined} facts.redisUrl
 * @param {'redis' | 'postgres'} facts.queue
 */
export function appEnvironments({ dataDirectory, environment, ports, secrets, databaseUrl, redisUrl, queue }) {
  const simulator = ports.simulator
    ? { SIMULATOR: 'on', SIMULATOR_URL: `http://127.0.0.1:${ports.simulator}` }
    : { SIMULATOR: 'off' };
  const ours = {
    ...environment,
    ...secrets,
    ...simulator,
    HOST: ports.host,
    DRAIN_TIMEOUT_S: environment.DRAIN_TIMEOUT_S || DEFAULT_DRAIN_TIMEOUT_S,
    SPOOL_DIR: environment.SPOOL_DIR || join(dataDirectory, 'spool'),
    DATABASE_URL: databaseUrl,
    QUEUE: queue,
    ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
  };
  return {
    migrate: ours,
    gateway: { ...ours, PORT: String(ports.gateway), METRICS_PORT: String(ports.gatewayMetrics) },
    worker: { ...ours, METRICS_PORT: String(ports.workerMetrics) },
    // It stands for strangers' servers: it gets none of our secrets.
    simulator: { ...environment, HOST: '127.0.0.1', SIMULATOR_PORT: String(ports.simulator) },
  };
}

/**
 * How long a process may take to stop.
 * @param {NodeJS.ProcessEnv} environment
 */
export function stopDeadlineMs(environment) {
  return Number(environment.DRAIN_TIMEOUT_S || DEFAULT_DRAIN_TIMEOUT_S) * 1_000 + STOP_MARGIN_MS;
}
