import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BROKEN_CONFIGURATION, StartProblem } from './start-problem.mjs';
import { identifyProcess } from './process-ledger.mjs';

/**
 * Makes this process the only supervisor of a data folder. A lock whose process is gone is taken over.
 * @param {string} dataDirectory
 * @returns {() => void} gives the lock back
 */
export function takeInstanceLock(dataDirectory) {
  const file = join(dataDirectory, 'supervisor.lock');
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ pid: process.pid, identity: identifyProcess(process.pid) }));
  try {
    // A link appears with its content or not at all: nobody ever reads half a lock.
    while (!tryLink(draft, file)) {
      const holder = readHolder(file);
      if (holder && isAlive(holder)) {
        throw new StartProblem(
          `Parley is already running on ${dataDirectory} (process ${holder.pid}): stop it first, or use that one.`,
          { exitCode: BROKEN_CONFIGURATION },
        );
      }
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => rmSync(file, { force: true });
}

/**
 * @param {string} draft
 * @param {string} file
 */
function tryLink(draft, file) {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} file
 * @returns {{ pid: number, identity?: string } | undefined}
 */
function readHolder(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {{ pid: number, identity?: string }} holder */
function isAlive({ pid, identity }) {
  if (identity) return identifyProcess(pid) === identity;
  // This platform records no start times: the pid alone has to do.
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
