import { randomInt } from 'node:crypto';
import net from 'node:net';
import { BROKEN_CONFIGURATION, StartProblem } from './start-problem.mjs';

/**
 * Why this port cannot be listened on: a system error code such as `EADDRINUSE`, or `undefined` when it is free.
 * @param {number} port
 * @param {string} host
 * @returns {Promise<string | undefined>}
 */
function whyNotFree(port, host) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (error) => resolve(/** @type {NodeJS.ErrnoException} */ (error).code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/** Below the ports that systems give to outgoing connections: 32768 and up on Linux, 49152 and up elsewhere (RFC 6335). */
const FREE_PORTS = { from: 20_000, to: 32_768 };

/**
 * A port of the loopback interface that is free now, and that no outgoing connection takes before it is listened on.
 * @returns {Promise<number>}
 */
export async function findFreePort() {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(FREE_PORTS.from, FREE_PORTS.to);
    if (!(await whyNotFree(port, '127.0.0.1'))) return port;
  }
  throw new StartProblem(`No port from ${FREE_PORTS.from} to ${FREE_PORTS.to} is free on 127.0.0.1.`);
}

/**
 * The port a variable names, checked to be free; 0 stands for any free one.
 * @param {string} name of the variable, for the message
 * @param {string} value
 * @param {string} host
 */
export async function claimPort(name, value, host) {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartProblem(`${name} must be a whole number from 0 to 65535, but is "${value}".`, {
      exitCode: BROKEN_CONFIGURATION,
    });
  }
  if (port === 0) return findFreePort();
  const reason = await whyNotFree(port, host);
  if (!reason) return port;
  const explanation =
    reason === 'EADDRINUSE'
      ? `Port ${port} is taken: stop the program that listens on it, or choose another: ${name}=${port + 1} npm start`
      : `Cannot listen on ${host}:${port} (${reason}): set ${name} or HOST to something this machine allows.`;
  throw new StartProblem(explanation, { exitCode: BROKEN_CONFIGURATION });
}

/**
 * The default port where it is free, else any free one: for ports that nobody asked for by name.
 * @param {number} preferredPort
 * @param {string} host
 */
export async function preferPort(preferredPort, host) {
  return (await whyNotFree(preferredPort, host)) ? findFreePort() : preferredPort;
}
