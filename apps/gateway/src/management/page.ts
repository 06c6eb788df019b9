import { invalidRequest } from '@parley/contracts';
import type { PageQuery } from './queries.ts';

/** A list of the management API. The next page starts behind the last entry: `after=<its id>`. */
export type Page<Item> = { data: Item[]; has_more: boolean };

/** Cuts a page out of a list that is short enough to be read whole. */
export function pageOf<Item>(
  items: readonly Item[],
  { limit, after }: PageQuery,
  idOf: (item: Item) => string,
): Page<Item> {
  const start = after === undefined ? 0 : items.findIndex((item) => idOf(item) === after) + 1;
  if (after !== undefined && start === 0) throw invalidRequest('after', 'names no entry of this list');
  return { data: items.slice(start, start + limit), has_more: items.length > start + limit };
}
