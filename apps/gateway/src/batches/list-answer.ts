import { invalidRequest } from '@parley/contracts';
import type { Page } from '@parley/persistence';
import { z } from 'zod';

/** OpenAI's list envelope; the last id is the next request's `after`. */
export type ListAnswer<Item> = {
  object: 'list';
  data: Item[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
};

export const toListAnswer = <Item extends { id: string }>({ rows, hasMore }: Page<Item>): ListAnswer<Item> => ({
  object: 'list',
  data: rows,
  first_id: rows[0]?.id ?? null,
  last_id: rows.at(-1)?.id ?? null,
  has_more: hasMore,
});

export const limitUpTo = (maximum: number, standard: number) =>
  z.coerce.number().int().min(1).max(maximum).default(standard);

/** Parses what a caller sent; the first thing that is wrong becomes an `invalid_request` that names it. */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
  throw invalidRequest(path.join('.') || 'body', issue.message.charAt(0).toLowerCase() + issue.message.slice(1));
}
