import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase } from './test-database.ts';
import { isConnectionLost } from './connection-lost.ts';

describe('isConnectionLost', () => {
  it('knows a server that is not there', async () => {
    const client = new pg.Client({ connectionString: 'postgres://nobody@127.0.0.1:1/none' });
    const error: unknown = await client.connect().catch((reason: unknown) => reason);
    expect(isConnectionLost(error)).toBe(true);
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
