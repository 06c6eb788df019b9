import type { DataSource } from 'typeorm';

/**
 * Whether Postgres answers a trivial query within the time; false also when no connection of the pool is free by then.
 * Never rejects.
 */
export async function pingDatabase(dataSource: DataSource, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  const answer = dataSource.query('SELECT 1').then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
