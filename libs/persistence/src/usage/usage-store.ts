import type { DataSource, EntityManager } from 'typeorm';
import { serialiseRows } from './serialise-rows.ts';
import { INSERT_USAGE, SELECT_USAGE } from './usage-columns.ts';
import type { UsageGroup, UsageRange, UsageRow, UsageSummary } from './types.ts';

export type UsagePage = { rows: UsageRow[]; hasMore: boolean };

/** The driver gives `bigint` as text. */
type SelectedRow = Omit<UsageRow, 'costNanoUsd'> & { costNanoUsd: string | null };

const GROUP_EXPRESSIONS: Record<UsageGroup, string> = {
  model: 'model_id',
  provider: 'provider',
  connection: 'connection',
  key: 'key_id',
  project: 'project',
  day: `to_char(ts AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
};

const SUMS = {
  requests: 'count(*)',
  attempts: 'sum(attempt_count)',
  inputTokens: 'sum(input_tokens)',
  cachedInputTokens: 'sum(cached_input_tokens)',
  cacheWriteTokens: 'sum(cache_write_tokens)',
  outputTokens: 'sum(output_tokens)',
  reasoningTokens: 'sum(reasoning_tokens)',
  costNanoUsd: 'sum(cost_nano_usd)',
  unpricedRequests: 'count(*) FILTER (WHERE unpriced)',
};

/** The ledger of finished requests. */
export class UsageStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds rows in one statement. A row that is there already (same time and id) is left as it is. */
  async insert(rows: UsageRow[]): Promise<void> {
    await this.insertWith(this.dataSource.manager, rows);
  }

  /** Adds rows as part of the caller's transaction. */
  async insertWith(manager: EntityManager, rows: UsageRow[]): Promise<void> {
    if (rows.length > 0) await manager.query(INSERT_USAGE, [serialiseRows(rows)]);
  }

  async find(requestId: string): Promise<UsageRow | undefined> {
    const rows: SelectedRow[] = await this.dataSource.query(`${SELECT_USAGE} WHERE id = $1 ORDER BY ts DESC LIMIT 1`, [
      requestId,
    ]);
    return rows.map(readRow)[0];
  }

  /** One page, the newest first, starting behind the request `after`; an unknown `after` gives an empty page. */
  async list({
    limit,
    after,
    ...range
  }: UsageRange & { limit: number; after?: string | undefined }): Promise<UsagePage> {
    const { where, parameters } = describeRange(range);
    const conditions = [where];
    if (after !== undefined) {
      parameters.push(after);
      conditions.push(`(ts, id) < (SELECT ts, id FROM usage_events WHERE id = $${parameters.length} LIMIT 1)`);
    }
    const rows: SelectedRow[] = await this.dataSource.query(
      `${SELECT_USAGE} WHERE ${conditions.join(' AND ')} ORDER BY ts DESC, id DESC LIMIT ${limit + 1}`,
      parameters,
    );
    return { rows: rows.slice(0, limit).map(readRow), hasMore: rows.length > limit };
  }

  /** Sums up the requests of a range, ordered by the groups; no groups give one sum over all. */
  async summarise({ groupBy, ...range }: UsageRange & { groupBy: UsageGroup[] }): Promise<UsageSummary[]> {
    const { where, parameters } = describeRange(range);
    const groups = [...new Set(groupBy)];
    const selected = [
      ...groups.map((group) => `${GROUP_EXPRESSIONS[group]} AS "${group}"`),
      ...Object.entries(SUMS).map(([name, expression]) => `${expression} AS "${name}"`),
    ];
    const positions = groups.map((_, index) => index + 1).join(', ');
    const grouping = groups.length > 0 ? `GROUP BY ${positions} ORDER BY ${positions}` : '';
    const rows: Record<string, string | null>[] = await this.dataSource.query(
      `SELECT ${selected.join(', ')} FROM usage_events WHERE ${where} ${grouping}`,
      parameters,
    );
    return rows.map((row) => readSummary(row, groups));
  }
}

function describeRange({ from, to, keyId }: UsageRange): { where: string; parameters: unknown[] } {
  if (keyId === undefined) return { where: 'ts >= $1 AND ts < $2', parameters: [from, to] };
  return { where: 'ts >= $1 AND ts < $2 AND key_id = $3', parameters: [from, to, keyId] };
}

function readRow(row: SelectedRow): UsageRow {
  return { ...row, costNanoUsd: row.costNanoUsd === null ? null : Number(row.costNanoUsd) };
}

/** Sums come as text, since Postgres widens them to `bigint` and `numeric`; the sum of nothing is null. */
function readSummary(row: Record<string, string | null>, groups: UsageGroup[]): UsageSummary {
  const cost = row.costNanoUsd ?? null;
  return {
    group: Object.fromEntries(groups.map((group) => [group, row[group] ?? null])),
    requests: Number(row.requests),
    attempts: Number(row.attempts),
    inputTokens: Number(row.inputTokens),
    cachedInputTokens: Number(row.cachedInputTokens),
    cacheWriteTokens: Number(row.cacheWriteTokens),
    outputTokens: Number(row.outputTokens),
    reasoningTokens: Number(row.reasoningTokens),
    costNanoUsd: cost === null ? null : BigInt(cost),
    unpricedRequests: Number(row.unpricedRequests),
  };
}
