import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDataSource } from './data-source.ts';
import { createTestDatabase } from './test-database.ts';
import { isConnectionLost } from './connection-lost.ts';

describe('isConnectionLost', () => {
  it('knows a server that is not there', async () => {
    const client = new pg.Client({ connectionString: 'postgres://nobody@127.0.0.1:1/none' });
    const error: unknown = await client.connect().catch((reason: unknown) => reason);
    expect(isConnectionLost(error)).toBe(true);
  });

  it.each(['127.0.0.1', 'localhost'])('knows a data source that never reached its server at %s', async (host) => {
    const url = `postgres://nobody@${host}:1/none`;
    const dataSource = createDataSource({ url, poolSize: 1, applicationName: 'parley-test' });
    for (const attempt of [() => dataSource.initialize(), () => dataSource.query('SELECT 1')]) {
      const error: unknown = await attempt().catch((reason: unknown) => reason);
      expect(isConnectionLost(error)).toBe(true);
    }
  });

  it('knows a connection that the server ended, and tells it from a wrong statement', async () => {
    const database = await createTestDatabase();
    const { dataSource } = database;
    try {
      const wrong: unknown = await dataSource.query('SELECT nonsense').catch((reason: unknown) => reason);
      expect(isConnectionLost(wrong)).toBe(false);
      const cut: unknown = await dataSource
        .query('SELECT pg_terminate_backend(pg_backend_pid())')
        .catch((reason: unknown) => reason);
      expect(isConnectionLost(cut)).toBe(true);
    } finally {
      await database.drop();
    }
  });
});
