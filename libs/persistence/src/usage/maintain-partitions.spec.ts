import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDataSource } from '../database/data-source.ts';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { maintainUsagePartitions } from './maintain-partitions.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const maintain = (now: string, retentionDays = 0) =>
  maintainUsagePartitions(database.dataSource, { now: new Date(now), retentionDays });

async function insertAt(...times: string[]): Promise<void> {
  for (const time of times) {
    await database.dataSource.query(
      `INSERT INTO usage_events (ts, id, mode, route, model_id, outcome, estimated, unpriced, attempts, attempt_count, duration_ms)
       VALUES ($1, $2, 'live', '/v1', 'm', 'success', false, false, '[]', 0, 1)`,
      [time, `at ${time}`],
    );
  }
}

/** Time of each row -> the partition that holds it. */
async function locateRows(): Promise<[string, string][]> {
  const rows: { id: string; partition: string }[] = await database.dataSource.query(
    'SELECT id, tableoid::regclass::text AS partition FROM usage_events ORDER BY ts',
  );
  return rows.map(({ id, partition }) => [id.slice(3), partition.replace('usage_events_', '')]);
}

const week = ['2026-03-10', '11', '12', '13', '14', '15', '16', '17'].map((day) =>
  day.length > 2 ? day : `2026-03-${day}`,
);

describe('maintainUsagePartitions', () => {
  it('makes today and seven days ahead, once', async () => {
    expect(await maintain('2026-03-10T23:59:59.999Z')).toEqual({ created: week, dropped: [] });
    expect(await maintain('2026-03-10T00:00:00.000Z')).toEqual({ created: [], dropped: [] });
    expect(await maintain('2026-03-11T00:00:00.000Z')).toEqual({ created: ['2026-03-18'], dropped: [] });
  });

  it('cuts at midnight UTC, also when the session has another time zone', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await database.dataSource.query(`ALTER DATABASE ${name} SET timezone TO 'Asia/Kathmandu'`);
    const elsewhere = createDataSource({ url: database.url, poolSize: 2, applicationName: 'kathmandu' });
    await elsewhere.initialize();
    expect(await elsewhere.query('SHOW timezone')).toEqual([{ TimeZone: 'Asia/Kathmandu' }]);
    await insertAt('2026-03-09T23:59:59.999Z', '2026-03-10T00:00:00.000Z');
    const { created } = await maintainUsagePartitions(elsewhere, {
      now: new Date('2026-03-10T20:00:00Z'),
      retentionDays: 0,
    });
    expect(created).toEqual(['2026-03-09', ...week]);
    await elsewhere.destroy();
    await insertAt('2026-03-10T23:59:59.999Z', '2026-03-11T00:00:00.000Z');
    expect(await locateRows()).toEqual([
      ['2026-03-09T23:59:59.999Z', '20260309'],
      ['2026-03-10T00:00:00.000Z', '20260310'],
      ['2026-03-10T23:59:59.999Z', '20260310'],
      ['2026-03-11T00:00:00.000Z', '20260311'],
    ]);
  });

  it('moves rows out of the default partition and leaves those of a clock far ahead there', async () => {
    await insertAt('2026-03-01T08:00:00Z', '2026-03-12T08:00:00Z', '2031-01-01T00:00:00Z');
    expect((await locateRows()).map(([, partition]) => partition)).toEqual(['default', 'default', 'default']);
    expect((await maintain('2026-03-10T12:00:00Z')).created).toEqual(['2026-03-01', ...week].toSorted());
    expect((await locateRows()).map(([, partition]) => partition)).toEqual(['20260301', '20260312', 'default']);
  });

  it('drops the days past the retention with their rows, also rows of the default partition', async () => {
    await maintain('2026-03-10T12:00:00Z');
    await insertAt('2026-02-01T00:00:00Z', '2026-03-10T23:00:00Z', '2026-03-11T23:00:00Z', '2026-03-12T00:00:00Z');
    const report = await maintain('2026-03-13T00:00:00Z', 2);
    expect(report.dropped).toEqual(['2026-03-10']);
    expect(report.created).toEqual(['2026-03-18', '2026-03-19', '2026-03-20']);
    expect(await locateRows()).toEqual([
      ['2026-03-11T23:00:00Z', '20260311'],
      ['2026-03-12T00:00:00Z', '20260312'],
    ]);
    const tables = await database.dataSource.query(`SELECT to_regclass('usage_events_20260310') AS found`);
    expect(tables).toEqual([{ found: null }]);
  });

  it('drops nothing when rows are kept for ever', async () => {
    await insertAt('2001-01-01T00:00:00Z');
    await maintain('2026-03-10T12:00:00Z');
    expect((await maintain('2046-03-10T12:00:00Z')).dropped).toEqual([]);
    expect(await locateRows()).toEqual([['2001-01-01T00:00:00Z', '20010101']]);
  });

  it('gives every partition the indices of the table, so that inserts stay repeatable', async () => {
    await maintain('2026-03-10T12:00:00Z');
    const rows = await database.dataSource.query(`
      SELECT count(*)::int AS count FROM pg_inherits JOIN pg_index ON indexrelid = pg_inherits.inhrelid
      WHERE indrelid = 'usage_events_20260310'::regclass AND indisvalid`);
    expect(rows).toEqual([{ count: 3 }]);
  });

  it('works when several processes do it while rows come in', async () => {
    const times = Array.from({ length: 40 }, (_, index) =>
      new Date(Date.parse('2026-03-10T00:00:00Z') + index * 4 * 3_600_000).toISOString(),
    );
    const inserting = (async () => {
      // An insert that waits for a partition to be cut off the default one fails and is repeated, as any failed flush is.
      for (const time of times) await insertAt(time).catch(() => insertAt(time));
    })();
    const reports = await Promise.all([1, 2, 3].map(() => maintain('2026-03-10T12:00:00Z')));
    await inserting;
    expect(reports.flatMap(({ created }) => created).toSorted()).toEqual(week);
    const located = await locateRows();
    expect(located).toEqual(times.map((time) => [time, time.slice(0, 10).replaceAll('-', '')]));
  });
});
