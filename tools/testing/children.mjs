/** The processes of one run: each has an IPC channel to it and ends when that closes, however the run ended. */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLineOf, launchWithLog } from '../supervisor/launch.mjs';

const READY_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;

/**
 * @typedef {object} Child
 * @property {number} pid
 * @property {number} port
 * @property {import('node:child_process').ChildProcess} process
 * @property {string} logFile standard output and standard error
 * @property {() => Promise<void>} stop
 */

export class Children {
  #folder;
  #started = 0;
  /** @type {Set<Child>} */
  #running = new Set();

  /** @param {string} folder for the logs */
  constructor(folder) {
    this.#folder = folder;
  }

  /**
   * Starts a Node program and waits until it says `{ type: 'ready', port }`.
   * @param {string} name
   * @param {string[]} args
   * @param {Record<string, string>} [environment]
   * @returns {Promise<Child>}
   */
  async start(name, args, environment = {}) {
    this.#started += 1;
    const logFile = join(this.#folder, `${name}-${this.#started}.log`);
    // Nothing else of the caller's environment: it may hold settings of a Parley of theirs.
    const whole = { PATH: process.env.PATH, NODE_ENV: 'production', ...environment };
    const child = launchWithLog(process.execPath, args, { logFile, environment: whole, speaks: true });
    const exited = once(child, 'exit');
    const failed = exited.then(([code, signal]) => {
      throw new Error(`${name} ended (${signal ?? `code ${code}`}). Its log ends with: ${lastLineOf(logFile)}`);
    });
    failed.catch(() => {});
    /** @type {Child} */
    const running = {
      pid: Number(child.pid),
      port: 0,
      process: child,
      logFile,
      stop: async () => {
        this.#running.delete(running);
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGTERM');
        const outcome = await Promise.race([exited, delay(STOP_DEADLINE_MS, 'late', { ref: false })]);
        if (outcome === 'late') child.kill('SIGKILL');
        await exited;
      },
    };
    this.#running.add(running);
    const late = delay(READY_DEADLINE_MS, undefined, { ref: false }).then(() => {
      throw new Error(`${name} is not ready after ${READY_DEADLINE_MS / 1000} s. Its log: ${logFile}`);
    });
    late.catch(() => {});
    const [message] = await Promise.race([once(child, 'message'), failed, late]);
    running.port = message.port;
    return running;
  }

  async stopAll() {
    await Promise.all([...this.#running].map((child) => child.stop()));
  }
}
