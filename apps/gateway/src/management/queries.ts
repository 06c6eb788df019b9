import { storableText } from '@parley/contracts';
import { USAGE_GROUPS, type UsageGroup } from '@parley/persistence';
import { z } from 'zod';

/** The query strings of the management API. Strict, like its bodies: a filter that is misspelt must not widen an answer. */

const id = storableText(256);

/** At most `limit` entries, those behind the entry whose id is `after`. */
const pageFields = {
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'must be a whole number from 1 to 1000')
    .transform(Number)
    .pipe(z.number().max(1000))
    .default(100),
  after: id.optional(),
};

export const pageQuerySchema = z.strictObject(pageFields);
export type PageQuery = z.infer<typeof pageQuerySchema>;

const time = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-01-31T12:00:00Z' })
  .transform((text) => new Date(text));

/** From `from` up to, but not including, `to`. */
const rangeFields = { from: time.optional(), to: time.optional() };

const groupBy = z
  .string()
  .refine((list) => list.split(',').every(isGroup), `must be a comma-separated list of: ${USAGE_GROUPS.join(', ')}`)
  .transform((list) => list.split(',').filter(isGroup))
  .default([]);

function isGroup(name: string): name is UsageGroup {
  return USAGE_GROUPS.some((group) => group === name);
}

export const usageQuerySchema = z.strictObject({ group_by: groupBy, key: id.optional(), ...rangeFields });
export type UsageQuery = z.infer<typeof usageQuerySchema>;

/** A caller's own usage: the key is the one it calls with. */
export const ownUsageQuerySchema = z.strictObject({ group_by: groupBy, ...rangeFields });
export type OwnUsageQuery = z.infer<typeof ownUsageQuerySchema>;

export const requestsQuerySchema = z.strictObject({ key: id.optional(), ...rangeFields, ...pageFields });
export type RequestsQuery = z.infer<typeof requestsQuerySchema>;

/** `preview=1`: only tell what would change. */
export const syncQuerySchema = z.strictObject({ preview: z.enum(['0', '1']).optional() });
export type SyncQuery = z.infer<typeof syncQuerySchema>;

/** `refresh=1`: ask the provider now. */
export const liveModelsQuerySchema = z.strictObject({ refresh: z.enum(['0', '1']).optional() });
export type LiveModelsQuery = z.infer<typeof liveModelsQuerySchema>;
