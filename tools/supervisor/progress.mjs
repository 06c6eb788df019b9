/**
 * Prints `[2/5] Postgres ... 0.8 s` for each step, the time as soon as it is over.
 * @param {number} stepCount
 */
export function openProgress(stepCount) {
  let stepNumber = 0;
  let lineIsOpen = false;

  const endLine = () => {
    if (lineIsOpen) process.stdout.write('\n');
    lineIsOpen = false;
  };

  /** A line of its own, also in the middle of a step. @param {string} line */
  const say = (line) => {
    endLine();
    process.stdout.write(`${line}\n`);
  };

  /** The same on standard error. @param {string} line */
  const complain = (line) => {
    endLine();
    process.stderr.write(`${line}\n`);
  };

  /**
   * @template T
   * @param {string} title
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  const step = async (title, work) => {
    stepNumber += 1;
    const startedAt = performance.now();
    process.stdout.write(`[${stepNumber}/${stepCount}] ${title} ... `);
    lineIsOpen = true;
    const result = await work();
    process.stdout.write(`${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
    lineIsOpen = false;
    return result;
  };

  return { step, say, complain };
}
