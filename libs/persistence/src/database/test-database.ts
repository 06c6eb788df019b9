import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource, runMigrations } from './data-source.ts';

const LOCAL_SERVER = 'postgres://postgres@127.0.0.1:5432/postgres';

export type TestDatabase = {
  url: string;
  /** Connected and migrated. */
  dataSource: DataSource;
  /** Disconnects and removes the database, whoever is still connected to it. */
  drop(): Promise<void>;
};

/**
 * Creates an empty database for one test file on the server of PARLEY_TEST_DATABASE_URL, else on a server at
 * 127.0.0.1:5432 that trusts the user `postgres`.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env.PARLEY_TEST_DATABASE_URL ?? LOCAL_SERVER;
  const name = `parley_test_${randomBytes(8).toString('hex')}`;
  await runOnServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const dataSource = createDataSource({ url: url.href, poolSize: 8, applicationName: 'parley-test' });
  await dataSource.initialize();
  await runMigrations(dataSource);
  return {
    url: url.href,
    dataSource,
    async drop() {
      if (dataSource.isInitialized) await dataSource.destroy();
      await runOnServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function runOnServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
