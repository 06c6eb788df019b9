/**
 * The middle value, and how far the others are from it.
 * @typedef {{ median: number, min: number, max: number }} Spread
 *
 * @param {readonly number[]} values
 * @returns {Spread | null} null where nothing was measured
 */
export function spreadOf(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const [min, max] = [sorted[0], sorted.at(-1)];
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (min === undefined || max === undefined || low === undefined || high === undefined) return null;
  return { median: (low + high) / 2, min, max };
}

/**
 * @param {Record<string, number>} counts
 */
export const sumOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);
