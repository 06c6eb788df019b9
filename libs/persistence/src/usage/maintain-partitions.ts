import type { DataSource, EntityManager } from 'typeorm';

export type PartitionOptions = {
  now: Date;
  /** Days before today whose rows are kept; 0 = all of them. */
  retentionDays: number;
};

/** The days (`2026-01-31`, UTC) whose partitions were made and dropped. */
export type PartitionReport = { created: string[]; dropped: string[] };

const DAYS_AHEAD = 7;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Names the lock that keeps two workers from doing this at once. */
const PARTITION_LOCK = 7_215_002;

/** Longer than this no insert waits behind us for a lock that somebody else holds. */
const LOCK_TIMEOUT_MS = 5_000;

/**
 * Keeps a partition of `usage_events` for each UTC day from today to a week ahead and drops those past the retention.
 * Rows that have come into the DEFAULT partition are moved to partitions of their days. To be repeated at least daily;
 * safe to repeat and to run in several processes. When a lock is not to be had it rejects and the next run goes on.
 */
export async function maintainUsagePartitions(
  dataSource: DataSource,
  { now, retentionDays }: PartitionOptions,
): Promise<PartitionReport> {
  const today = now.getTime() - (now.getTime() % DAY_MS);
  const oldest = retentionDays > 0 ? formatDay(today - retentionDays * DAY_MS) : undefined;
  const report: PartitionReport = { created: [], dropped: [] };
  for (const day of await listPartitionDays(dataSource.manager)) {
    if (oldest && day < oldest && (await dropPartition(dataSource, day))) report.dropped.push(day);
  }
  if (oldest) await dataSource.query('DELETE FROM usage_events_default WHERE ts < $1', [startOf(oldest)]);
  const ahead = Array.from({ length: DAYS_AHEAD + 1 }, (_, index) => formatDay(today + index * DAY_MS));
  const strayed = await listStrayedDays(dataSource.manager, ahead.at(-1) ?? formatDay(today));
  for (const day of new Set([...strayed, ...ahead].toSorted())) {
    if (await createPartition(dataSource, day)) report.created.push(day);
  }
  return report;
}

/** The days after today that have partitions, without a gap. */
export async function countPartitionDaysAhead(dataSource: DataSource, now: Date): Promise<number> {
  const days = new Set(await listPartitionDays(dataSource.manager));
  let ahead = 0;
  while (days.has(formatDay(now.getTime() + (ahead + 1) * DAY_MS))) ahead += 1;
  return ahead;
}

async function createPartition(dataSource: DataSource, day: string): Promise<boolean> {
  return underLock(dataSource, async (manager) => {
    if ((await listPartitionDays(manager)).includes(day)) return false;
    const table = nameOf(day);
    const [from, to] = [startOf(day), startOf(formatDay(Date.parse(day) + DAY_MS))];
    // Attaching would fail on rows of this day in the DEFAULT partition; the lock keeps new ones out until they are moved.
    await manager.query('LOCK TABLE usage_events_default IN ACCESS EXCLUSIVE MODE');
    await manager.query(`CREATE TABLE ${table} (LIKE usage_events INCLUDING ALL)`);
    await manager.query(
      `WITH moved AS (DELETE FROM usage_events_default WHERE ts >= $1 AND ts < $2 RETURNING *)
       INSERT INTO ${table} SELECT * FROM moved`,
      [from, to],
    );
    await manager.query(`ALTER TABLE usage_events ATTACH PARTITION ${table} FOR VALUES FROM ('${from}') TO ('${to}')`);
    return true;
  });
}

async function dropPartition(dataSource: DataSource, day: string): Promise<boolean> {
  return underLock(dataSource, async (manager) => {
    if (!(await listPartitionDays(manager)).includes(day)) return false;
    await manager.query(`ALTER TABLE usage_events DETACH PARTITION ${nameOf(day)}`);
    await manager.query(`DROP TABLE ${nameOf(day)}`);
    return true;
  });
}

/** Each change of a partition is a short transaction of its own, since it keeps inserts waiting. */
async function underLock(
  dataSource: DataSource,
  change: (manager: EntityManager) => Promise<boolean>,
): Promise<boolean> {
  return dataSource.transaction(async (manager) => {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
    await manager.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    return change(manager);
  });
}

async function listPartitionDays(manager: EntityManager): Promise<string[]> {
  const rows: { day: string }[] = await manager.query(`
    SELECT to_char(to_date(right(relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') AS day
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'usage_events'::regclass AND relname ~ '^usage_events_\\d{8}$'
    ORDER BY day`);
  return rows.map(({ day }) => day);
}

/** The days of rows in the DEFAULT partition; rows beyond the last day, from a wrong clock, stay there. */
async function listStrayedDays(manager: EntityManager, lastDay: string): Promise<string[]> {
  const rows: { day: string }[] = await manager.query(
    `SELECT DISTINCT to_char(ts AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day FROM usage_events_default
     WHERE ts < $1 ORDER BY day`,
    [startOf(lastDay)],
  );
  return rows.map(({ day }) => day);
}

const formatDay = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/** With the offset spelt out: without it the bounds would depend on the time zone of the session. */
const startOf = (day: string): string => `${day} 00:00:00+00`;

const nameOf = (day: string): string => `usage_events_${day.replaceAll('-', '')}`;
