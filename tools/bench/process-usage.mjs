/** What a process has used, from proc(5). Linux only: elsewhere everything is `undefined`. */
import { readdirSync, readFileSync } from 'node:fs';

export const CAN_MEASURE = process.platform === 'linux';

/**
 * CPU time of all threads of a process in microseconds. The scheduler's account is exact to the nanosecond, the one in
 * `stat` to a clock tick of 10 ms. A thread that has ended is forgotten, but Node's live as long as the process.
 * @param {number} pid
 * @returns {number | undefined}
 */
export function readCpuMicroseconds(pid) {
  if (!CAN_MEASURE) return undefined;
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const runTime = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0];
    nanoseconds += Number(runTime);
  }
  return nanoseconds / 1000;
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
