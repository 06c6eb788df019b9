import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLineOf } from './launch.mjs';
import { signalGroup } from './process-ledger.mjs';
import { BROKEN_CONFIGURATION, StartProblem } from './start-problem.mjs';

const DEFAULT_STOP_DEADLINE_MS = 15_000;
const FIRST_RESTART_DELAY_MS = 500;
const MAX_RESTART_DELAY_MS = 30_000;
/** A process that lived this long was healthy: its next restart is quick again. */
const HEALTHY_AFTER_MS = 60_000;

/**
 * @typedef {import('node:child_process').ChildProcess} ChildProcess
 *
 * @typedef {object} LongRunning
 * @property {string} name
 * @property {'service' | 'app'} kind apps are stopped before the services they use
 * @property {NodeJS.Signals} stopSignal
 * @property {() => ChildProcess} launch spawns it, in a process group of its own: Ctrl-C in a terminal reaches the
 *   whole foreground group, and Postgres must outlive the apps
 * @property {(child: ChildProcess) => Promise<void>} waitUntilReady
 * @property {string} logFile
 *
 * @typedef {{ add(entry: { name: string, pid: number, stopSignal: NodeJS.Signals }): void, remove(pid: number): void }} Ledger
 */

/** Starts processes, keeps them running and stops them in order. Every process is known to it from its first moment. */
export class Supervisor {
  #ledger;
  #say;
  #stopDeadlineMs;
  #stopping = false;
  /** @type {Map<ChildProcess, { name: string, kind: 'task' | 'service' | 'app', stopSignal: NodeJS.Signals }>} */
  #running = new Map();
  /** @type {PromiseWithResolvers<never>} */
  #broken = Promise.withResolvers();

  /** @param {{ ledger: Ledger, say: (line: string) => void, stopDeadlineMs?: number }} options */
  constructor({ ledger, say, stopDeadlineMs = DEFAULT_STOP_DEADLINE_MS }) {
    this.#stopDeadlineMs = stopDeadlineMs;
    this.#ledger = ledger;
    this.#say = say;
    // A failure may come before anybody listens.
    this.#broken.promise.catch(() => {});
  }

  /** Rejects when a running process cannot go on (broken configuration); never resolves. */
  get broken() {
    return this.#broken.promise;
  }

  /**
   * Runs a process to its end.
   * @param {string} name
   * @param {() => ChildProcess} launch
   * @returns {Promise<{ exitCode: number | null, output: string }>} output is what it wrote to piped streams
   */
  async runTask(name, launch) {
    const child = this.#launch({ name, kind: 'task', stopSignal: 'SIGTERM' }, launch);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => (output += text));
    const [exitCode] = await once(child, 'close');
    if (this.#stopping) throw new StartProblem('stopped');
    return { exitCode, output };
  }

  /**
   * Starts a process and restarts it whenever it dies. Resolves when it is ready for the first time; rejects when it
   * exits before that.
   * @param {LongRunning} program
   */
  async keepRunning(program) {
    const child = this.#launch(program, program.launch);
    const exited = once(child, 'exit').then(([exitCode, signal]) => {
      const manner = signal ? `was killed (${signal})` : `exited with code ${exitCode}`;
      throw new StartProblem(
        `${program.name} ${manner} before it was ready. Its log, ${program.logFile}, ends with: ${lastLineOf(program.logFile)}`,
        {
          exitCode: exitCode === BROKEN_CONFIGURATION ? BROKEN_CONFIGURATION : 1,
        },
      );
    });
    exited.catch(() => {});
    await Promise.race([program.waitUntilReady(child), exited]);
    this.#restartOnExit(program, child, 0);
  }

  /**
   * Apps first, then the services they use, each with a deadline. Running tasks end at once.
   */
  async stop() {
    this.#stopping = true;
    await Promise.all([this.#stopKind('task'), this.#stopKind('app')]);
    await this.#stopKind('service');
  }

  /** For the impatient: everything ends now. */
  killAll() {
    this.#stopping = true;
    for (const child of this.#running.keys()) if (child.pid) signalGroup(child.pid, 'SIGKILL');
  }

  /**
   * @param {{ name: string, kind: 'task' | 'service' | 'app', stopSignal: NodeJS.Signals }} description
   * @param {() => ChildProcess} launch
   */
  #launch({ name, kind, stopSignal }, launch) {
    if (this.#stopping) throw new StartProblem('stopped');
    const child = launch();
    this.#running.set(child, { name, kind, stopSignal });
    const { pid } = child;
    const forget = () => {
      this.#running.delete(child);
      if (pid) this.#ledger.remove(pid);
    };
    // A program that cannot be spawned emits `error` and no `exit`.
    child.once('error', forget).once('exit', forget);
    if (pid) this.#ledger.add({ name, pid, stopSignal });
    return child;
  }

  /**
   * @param {LongRunning} program
   * @param {ChildProcess} child
   * @param {number} earlierRestarts
   */
  #restartOnExit(program, child, earlierRestarts) {
    const startedAt = Date.now();
    const onExit = (/** @type {number | null} */ exitCode, /** @type {NodeJS.Signals | null} */ signal) => {
      if (this.#stopping) return;
      if (exitCode === BROKEN_CONFIGURATION) {
        this.#broken.reject(
          new StartProblem(`${program.name} refuses its configuration (see above).`, {
            exitCode: BROKEN_CONFIGURATION,
          }),
        );
        return;
      }
      const restarts = Date.now() - startedAt > HEALTHY_AFTER_MS ? 0 : earlierRestarts;
      const delayMs = Math.min(FIRST_RESTART_DELAY_MS * 2 ** restarts, MAX_RESTART_DELAY_MS);
      this.#say(`${program.name} ended (${signal ?? `code ${exitCode}`}); starting it again in ${delayMs / 1000} s`);
      this.#restartLater(program, restarts + 1, delayMs);
    };
    // It may have died between being ready and now.
    if (child.exitCode !== null || child.signalCode !== null) onExit(child.exitCode, child.signalCode);
    else child.once('exit', onExit);
  }

  /**
   * @param {LongRunning} program
   * @param {number} restarts
   * @param {number} delayMs
   */
  #restartLater(program, restarts, delayMs) {
    setTimeout(() => {
      if (this.#stopping) return;
      try {
        this.#restartOnExit(program, this.#launch(program, program.launch), restarts);
      } catch (error) {
        // Not the program failed but its launch: no log could be opened, no process made.
        this.#broken.reject(error);
      }
    }, delayMs);
  }

  /** @param {'task' | 'service' | 'app'} kind */
  async #stopKind(kind) {
    const children = [...this.#running].filter(([, description]) => description.kind === kind);
    await Promise.all(
      children.map(async ([child, { name, stopSignal }]) => {
        const exited = once(child, 'exit');
        // A compiler or initdb has helpers of its own; apps and services end theirs themselves.
        if (kind === 'task' && child.pid) signalGroup(child.pid, stopSignal);
        else child.kill(stopSignal);
        const outcome = await Promise.race([exited, delay(this.#stopDeadlineMs, 'late', { ref: false })]);
        if (outcome !== 'late') return;
        this.#say(`${name} did not stop within ${this.#stopDeadlineMs / 1000} s and is killed`);
        if (child.pid) signalGroup(child.pid, 'SIGKILL');
        await exited;
      }),
    );
  }
}
