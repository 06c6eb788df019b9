import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource, runMigrations } from './data-source.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('the schema', () => {
  it('is not touched by migrating again, also by two starters at once with one connection each', async () => {
    const starters = [1, 2].map((number) =>
      createDataSource({ url: database.url, poolSize: 1, applicationName: `starter-${number}` }),
    );
    await Promise.all(starters.map((starter) => starter.initialize()));
    await database.dataSource.query('DROP SCHEMA public CASCADE');
    await database.dataSource.query('CREATE SCHEMA public');
    await Promise.all(starters.map((starter) => runMigrations(starter)));
    await runMigrations(database.dataSource);
    const rows: { name: string }[] = await database.dataSource.query('SELECT name FROM migrations ORDER BY id');
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['CreateConfiguration1790000000000', 'CreateUsage1790000001000']),
    );
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    await Promise.all(starters.map((starter) => starter.destroy()));
  });

  it('has every column that an entity names, with the same nullability', async () => {
    const { dataSource } = database;
    for (const { tableName, columns } of dataSource.entityMetadatas) {
      const rows: { column_name: string; is_nullable: string }[] = await dataSource.query(
        `SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = $1`,
        [tableName],
      );
      const inDatabase = rows.map((row) => `${row.column_name} ${row.is_nullable}`).toSorted();
      const inEntity = columns.map((column) => `${column.databaseName} ${column.isNullable ? 'YES' : 'NO'}`).toSorted();
      expect([tableName, inEntity]).toEqual([tableName, inDatabase]);
    }
  });

  it('can be taken back, migration by migration', async () => {
    const { dataSource } = database;
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
    const rows: { table_name: string }[] = await dataSource.query(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    expect(rows).toEqual([{ table_name: 'migrations' }]);
    await runMigrations(dataSource);
  });
});
