/** A private Redis or Valkey, where the machine has one. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launchWithLog } from './supervisor/launch.mjs';
import { findFreePort } from './supervisor/ports.mjs';
import { StartProblem } from './supervisor/start-problem.mjs';

const READY_DEADLINE_MS = 60_000;
const POLL_INTERVAL_MS = 30;
const REPLY_TIMEOUT_MS = 1_000;

/** The server program on the PATH, or `undefined`. */
export function findRedisProgram() {
  return ['valkey-server', 'redis-server'].find((program) => spawnSync(program, ['--version']).status === 0);
}

/**
 * Describes a private server for `Supervisor.keepRunning`: loopback only, with a password of its own.
 * @param {object} options
 * @param {string} options.executable
 * @param {string} options.dataDirectory its files lie in the subfolder `redis`
 * @param {string} options.logFile
 * @param {boolean} [options.durable] false: nothing is written to disk
 */
export async function prepareRedis({ executable, dataDirectory, logFile, durable = true }) {
  const folder = join(dataDirectory, 'redis');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const port = await findFreePort();
  const password = randomBytes(18).toString('base64url');
  // By standard input, because everybody on the machine can read a command line.
  const configuration = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(folder)}`,
    `appendonly ${durable ? 'yes' : 'no'}`,
    'save ""',
    // A queue that silently loses keys loses jobs (BullMQ documentation, "Going to production").
    'maxmemory-policy noeviction',
    `requirepass ${password}`,
    '',
  ].join('\n');

  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    program: {
      name: executable,
      kind: /** @type {const} */ ('service'),
      stopSignal: /** @type {const} */ ('SIGTERM'),
      logFile,
      launch: () => launchWithLog(executable, ['-'], { logFile, input: configuration }),
      waitUntilReady: () => waitForPong(port, password),
    },
  };
}

/**
 * @param {number} port
 * @param {string} password
 */
async function waitForPong(port, password) {
  const deadline = Date.now() + READY_DEADLINE_MS;
  // While it loads its data it answers -LOADING.
  while (!(await ask(port, `AUTH ${password}\r\nPING\r\n`)).includes('+PONG')) {
    if (Date.now() > deadline) throw new StartProblem('The private Redis does not answer.');
    await delay(POLL_INTERVAL_MS);
  }
}

/**
 * @param {number} port
 * @param {string} commands
 * @returns {Promise<string>} what came back, empty when nothing listens
 */
function ask(port, commands) {
  return new Promise((resolve) => {
    let reply = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(commands));
    socket.setEncoding('utf8').setTimeout(REPLY_TIMEOUT_MS, () => socket.destroy());
    socket.on('data', (text) => {
      reply += text;
      // Two commands, two lines.
      if (reply.split('\r\n').length > 2) socket.destroy();
    });
    socket.on('error', () => {}).on('close', () => resolve(reply));
  });
}
