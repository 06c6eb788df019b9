import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource } from '../database/data-source.ts';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { pingDatabase } from './ping-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('pingDatabase', () => {
  it('says yes while Postgres answers', async () => {
    expect(await pingDatabase(database.dataSource, 1_000)).toBe(true);
  });

  it('says no in time when every connection of the pool is busy', async () => {
    const busy = createDataSource({ url: database.url, poolSize: 1, applicationName: 'busy' });
    await busy.initialize();
    const sleeping = busy.query('SELECT pg_sleep(0.5)');
    const start = performance.now();
    expect(await pingDatabase(busy, 50)).toBe(false);
    expect(performance.now() - start).toBeLessThan(400);
    await sleeping;
    expect(await pingDatabase(busy, 1_000)).toBe(true);
    await busy.destroy();
    expect(await pingDatabase(busy, 1_000)).toBe(false);
  });
});
