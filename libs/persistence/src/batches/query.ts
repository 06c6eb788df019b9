import type { DataSource, EntityManager } from 'typeorm';

/** Either a connection of the pool for one statement, or a transaction. */
export type Database = DataSource | EntityManager;

/** Runs one statement and gives its rows; an UPDATE or DELETE gives those of its RETURNING. */
export async function queryRows<Row>(database: Database, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  const result: Row[] | [Row[], number] = await database.query(sql, parameters);
  // TypeORM gives [rows, count] for UPDATE and DELETE, and the rows alone for everything else.
  return isRowsWithCount(result) ? result[0] : result;
}

const isRowsWithCount = <Row>(result: Row[] | [Row[], number]): result is [Row[], number] =>
  result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number';
