import type { ChatUsage } from '@parley/contracts';

/** The usage of several calls in one: every number is a sum, also those below; of all else the first call's is kept. */
export const sumUsage = ([first, ...others]: readonly [ChatUsage, ...ChatUsage[]]): ChatUsage =>
  others.reduce((sum, usage) => add(sum, usage) as ChatUsage, first);

function add(sum: unknown, more: unknown): unknown {
  if (typeof sum === 'number' && typeof more === 'number') return sum + more;
  if (!isObject(sum) || !isObject(more)) return sum ?? more;
  const fields = new Set([...Object.keys(sum), ...Object.keys(more)]);
  return Object.fromEntries([...fields].map((field) => [field, add(sum[field], more[field])]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
