import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_INTERVAL_MS = 50;
const GRACE_MS = 10_000;

/**
 * What tells a process from a later one with the same pid: its start time. `undefined` when the process is gone (a
 * zombie counts as gone) or when this platform cannot tell.
 * @param {number} pid
 */
export function identifyProcess(pid) {
  try {
    if (process.platform === 'linux') {
      // proc(5): the command name, in parentheses, may contain anything; fields are counted from the last one.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const [state, startedAtTicks] = [fields[0], fields[19]];
      // Ticks count from boot, so the boot is part of the identity.
      return state === 'Z'
        ? undefined
        : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${startedAtTicks}`;
    }
    if (process.platform === 'darwin') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

/**
 * Signals a whole process group where there is one, else the process alone. A process that is already gone is fine.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(pid, signal) {
  const hasGroup = process.platform !== 'win32' && signalIfAlive(-pid, signal);
  if (!hasGroup) signalIfAlive(pid, signal);
}

/**
 * @param {number} target a pid, or a negative one for its group
 * @param {NodeJS.Signals} signal
 */
function signalIfAlive(target, signal) {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}

/**
 * @typedef {{ name: string, pid: number, identity: string, stopSignal: NodeJS.Signals }} LedgerEntry
 */

/**
 * The processes that this data folder owns, on disk, so that the next start can end what a killed supervisor left.
 */
export class ProcessLedger {
  #file;
  /** @type {LedgerEntry[]} */
  #entries = [];

  /** @param {string} file */
  constructor(file) {
    this.#file = file;
    // Here a full disk or a read-only folder stops the start.
    this.#write();
  }

  /** @param {{ name: string, pid: number, stopSignal: NodeJS.Signals }} started */
  add({ name, pid, stopSignal }) {
    const identity = identifyProcess(pid);
    if (!identity) return;
    this.#entries.push({ name, pid, identity, stopSignal });
    this.#tryToWrite();
  }

  /** @param {number} pid */
  remove(pid) {
    this.#entries = this.#entries.filter((entry) => entry.pid !== pid);
    this.#tryToWrite();
  }

  /** A disk that fills up later must not take down what runs: a stale entry does no harm, its identity is checked. */
  #tryToWrite() {
    try {
      this.#write();
    } catch {
      // Told by whoever needs the disk for more than this note.
    }
  }

  #write() {
    const draft = `${this.#file}.draft`;
    writeFileSync(draft, JSON.stringify(this.#entries, null, 2));
    renameSync(draft, this.#file);
  }
}

/**
 * Ends what an earlier supervisor left behind: each process gets its own stop signal first. Only processes that are
 * provably the recorded ones are touched. Returns their names.
 * @param {string} file
 */
export async function endLeftovers(file) {
  const leftovers = readEntries(file).filter(({ pid, identity }) => identifyProcess(pid) === identity);
  await Promise.all(leftovers.map(endLeftover));
  rmSync(file, { force: true });
  return leftovers.map(({ name }) => name);
}

/** Asks one process to end, and makes it after ten seconds. @param {LedgerEntry} entry */
export async function endLeftover({ pid, identity, stopSignal }) {
  signalIfAlive(pid, stopSignal);
  const deadline = Date.now() + GRACE_MS;
  while (identifyProcess(pid) === identity) {
    if (Date.now() > deadline) signalGroup(pid, 'SIGKILL');
    await delay(POLL_INTERVAL_MS);
  }
}

/**
 * @param {string} file
 * @returns {LedgerEntry[]}
 */
function readEntries(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // No earlier start, or a file cut short by a full disk: nothing that could be told apart safely.
    return [];
  }
}
