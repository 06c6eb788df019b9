import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';

const MAX_LOG_BYTES = 10_000_000;

/** A process group of its own, so that a Ctrl-C in the terminal reaches the supervisor alone. Windows has no groups. */
const OWN_GROUP = { detached: process.platform !== 'win32' };

/**
 * Spawns a program whose output goes to a log file, with standard error on the terminal if asked.
 * @param {string} command
 * @param {string[]} args
 * @param {object} options
 * @param {string} options.logFile
 * @param {NodeJS.ProcessEnv} [options.environment] the whole environment; default: this process's
 * @param {string} [options.input] what it reads from standard input
 * @param {boolean} [options.showErrors] its standard error goes to the terminal
 * @param {boolean} [options.speaks] it has an IPC channel to us
 * @param {{ uid?: number, gid?: number, cwd?: string }} [options.account]
 */
export function launchWithLog(command, args, options) {
  const { logFile, environment, input, showErrors = false, speaks = false, account } = options;
  if (existsSync(logFile) && statSync(logFile).size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a');
  /** @type {import('node:child_process').StdioOptions} */
  const stdio = [input === undefined ? 'ignore' : 'pipe', log, showErrors ? 'inherit' : log];
  /** @type {import('node:child_process').ChildProcess} */
  const child = spawn(command, args, {
    ...OWN_GROUP,
    ...account,
    env: environment ?? process.env,
    stdio: speaks ? [...stdio, 'ipc'] : stdio,
  });
  closeSync(log);
  child.stdin?.end(input);
  return child;
}

/**
 * What a log says last, for the message about a program that did not start.
 * @param {string} logFile
 */
export function lastLineOf(logFile) {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) || '(nothing)';
}

/**
 * Spawns a program that runs to its end and whose output the caller reads.
 * @param {string} command
 * @param {string[]} args
 * @param {{ uid?: number, gid?: number, cwd?: string }} [account]
 */
export function launchForOutput(command, args, account) {
  return spawn(command, args, { ...OWN_GROUP, ...account, stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Resolves when an app says `{ type: 'ready' }` by IPC.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<void>}
 */
export function waitForReadyMessage(child) {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if (/** @type {{ type?: string }} */ (message)?.type === 'ready') resolve();
    });
  });
}
