import { describe, expect, it } from '@jest/globals';
import { createDataSource } from '../database/data-source.ts';
import { createTestDatabase } from '../database/test-database.ts';
import { isDatabaseAway } from './is-database-away.ts';

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('knowing that Postgres is away', () => {
  it.each(['127.0.0.1', 'localhost'])('knows it when nothing listens at %s', async (host) => {
    const dataSource = createDataSource({
      url: `postgres://postgres@${host}:1/none`,
      poolSize: 1,
      applicationName: 'parley-test',
    });
    expect(isDatabaseAway(await failureOf(dataSource.initialize()))).toBe(true);
    expect(isDatabaseAway(await failureOf(dataSource.query('SELECT 1')))).toBe(true);
  });

  it('knows it when the server ends a connection in the middle of a query, and does not blame it for a bad query', async () => {
    const database = await createTestDatabase();
    const bad = await failureOf(database.dataSource.query('SELECT nothing'));
    const ended = await failureOf(database.dataSource.query('SELECT pg_terminate_backend(pg_backend_pid())'));
    await database.drop();
    expect([isDatabaseAway(ended), isDatabaseAway(bad)]).toEqual([true, false]);
  });
});
