/** What a process has used, from proc(5). Linux only: elsewhere everything is `undefined`. */
import { readdirSync, readFileSync } from 'node:fs';

export const CAN_MEASURE = process.platform === 'linux';

/**
 * CPU time of all threads of a process in microseconds. The scheduler's account counts nanoseconds, the one in `stat`
 * clock ticks of 10 ms. A thread that has ended is forgotten, but Node's live as long as the process.
 * @param {number} pid
 * @returns {number | undefined}
 */
export function readCpuMicroseconds(pid) {
  if (!CAN_MEASURE) return undefined;
  const runTimes = readdirSync(`/proc/${pid}/task`).flatMap((thread) => readRunTime(pid, thread));
  // Some kernels do not keep this account: nothing is not the same as no time.
  return runTimes.length > 0 ? runTimes.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1000 : undefined;
}

/**
 * @param {number} pid
 * @param {string} thread
 * @returns {number[]} nanoseconds, or nothing for a thread that has just ended
 */
function readRunTime(pid, thread) {
  try {
    return [Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])];
  } catch {
    return [];
  }
}

/**
 * Memory of a process that is in RAM now, in kilobytes.
 * @param {number} pid
 * @returns {number | undefined}
 */
export function readResidentKilobytes(pid) {
  if (!CAN_MEASURE) return undefined;
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes);
}
