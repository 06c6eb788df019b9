/** Exit code for "the configuration is wrong: starting again will not help" (EX_CONFIG of sysexits.h). */
export const BROKEN_CONFIGURATION = 78;

/** A reason not to start (or to stop) that is told to the user in one line, without a stack trace. */
export class StartProblem extends Error {
  /**
   * @param {string} message
   * @param {{ exitCode?: number, cause?: unknown }} [options]
   */
  constructor(message, { exitCode = 1, cause } = {}) {
    super(message, { cause });
    this.name = 'StartProblem';
    this.exitCode = exitCode;
  }
}

const FILE_SYSTEM_PROBLEMS = new Map([
  ['ENOSPC', 'the disk is full: make room and start again'],
  ['EDQUOT', 'the disk quota is used up: make room and start again'],
  ['EACCES', 'permission denied: make it writable for this user'],
  ['EPERM', 'permission denied: make it writable for this user'],
  ['EROFS', 'the file system is read-only: move the checkout to a writable place'],
  ['ENOTDIR', 'a part of this path is a file, not a folder: remove or rename it'],
  ['EISDIR', 'this is a folder where a file is expected: remove or rename it'],
]);

/**
 * Any failure as a StartProblem. File system errors become one line with the path and what to do; anything unknown
 * keeps its stack, because it is a defect.
 * @param {unknown} error
 * @returns {StartProblem}
 */
export function toStartProblem(error) {
  if (error instanceof StartProblem) return error;
  const { code, path } = /** @type {NodeJS.ErrnoException} */ (error);
  const advice = FILE_SYSTEM_PROBLEMS.get(code ?? '');
  if (advice) return new StartProblem(`Cannot write ${path ?? 'the data folder'}: ${advice}.`, { cause: error });
  return new StartProblem(error instanceof Error ? (error.stack ?? error.message) : String(error), { cause: error });
}
