import { invalidRequest } from '@parley/contracts';
import { isIdentifier } from './identifiers.ts';
import { queryRows, type Database } from './query.ts';

export type PageRequest = {
  limit: number;
  /** The id of the last row that the caller has seen. */
  after?: string;
  order: 'asc' | 'desc';
};

export type Page<Row> = { rows: Row[]; hasMore: boolean };

type Source = {
  table: 'files' | 'batches';
  columns: string;
  ownerKeyId: string;
  condition?: string;
  values?: unknown[];
};

/**
 * Reads one page of an owner's rows in the order of their creation. `condition` may use the parameters from `$4` on. An
 * `after` that the owner does not have is refused.
 */
export async function readPage<Row>(database: Database, source: Source, page: PageRequest): Promise<Page<Row>> {
  const { table, columns, ownerKeyId, condition = 'true', values = [] } = source;
  const after = page.after === undefined ? null : await positionOf(database, table, ownerKeyId, page.after);
  const [comparison, direction] = page.order === 'asc' ? ['>', 'ASC'] : ['<', 'DESC'];
  const rows = await queryRows<Row>(
    database,
    `SELECT ${columns} FROM ${table}
      WHERE owner_key_id = $1 AND ($2::bigint IS NULL OR position ${comparison} $2) AND ${condition}
      ORDER BY position ${direction} LIMIT $3`,
    [ownerKeyId, after, page.limit + 1, ...values],
  );
  return { rows: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

async function positionOf(database: Database, table: string, ownerKeyId: string, id: string): Promise<string> {
  const sql = `SELECT position FROM ${table} WHERE owner_key_id = $1 AND id = $2`;
  const [row] = isIdentifier(id) ? await queryRows<{ position: string }>(database, sql, [ownerKeyId, id]) : [];
  if (!row) throw invalidRequest('after', 'is not the id of anything in this list');
  return row.position;
}
