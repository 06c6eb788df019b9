import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { maintainUsagePartitions } from './maintain-partitions.ts';
import type { UsageRow } from './types.ts';
import { UsageStore } from './usage-store.ts';

const HOUR_MS = 3_600_000;
const noon = new Date('2026-03-10T12:00:00.123Z');
const everything = { from: new Date('2026-01-01'), to: new Date('2027-01-01') };

let database: TestDatabase;
let store: UsageStore;
beforeAll(async () => {
  database = await createTestDatabase();
  store = new UsageStore(database.dataSource);
  await maintainUsagePartitions(database.dataSource, { now: noon, retentionDays: 0 });
});
afterAll(() => database.drop());
beforeEach(() => database.dataSource.query('DELETE FROM usage_events'));

function makeRow(fields: Partial<UsageRow> = {}): UsageRow {
  return {
    ts: noon,
    id: 'request-1',
    keyId: 'key_a',
    project: null,
    mode: 'live',
    route: '/v1/chat/completions',
    modelId: 'openai/gpt',
    connection: 'openai',
    provider: 'openai',
    upstreamModel: 'gpt',
    outcome: 'success',
    status: 200,
    errorCode: null,
    inputTokens: 100,
    cachedInputTokens: 40,
    cacheWriteTokens: null,
    outputTokens: 10,
    reasoningTokens: 3,
    estimated: false,
    costNanoUsd: 1_000,
    priceVersion: 2,
    unpriced: false,
    attempts: [
      {
        deployment: 'openai/gpt',
        provider: 'openai',
        outcome: 'success',
        status: 200,
        started_at: '2026-03-10T11:59:59.000Z',
        ttft_ms: 100,
        duration_ms: 1_123,
        usage: null,
        cost_nano_usd: 1_000,
        error_code: null,
      },
    ],
    ttftMs: 100,
    durationMs: 1_123,
    batchId: null,
    ...fields,
  };
}

const countRows = async (): Promise<number> => {
  const rows = await database.dataSource.query('SELECT count(*)::int AS count FROM usage_events');
  return rows[0].count;
};

describe('inserting usage', () => {
  it('gives back every field as it went in, also those that are unknown', async () => {
    const full = makeRow({ project: 'p', mode: 'batch', batchId: 'batch_1', errorCode: 'overloaded' });
    const sparse = makeRow({
      id: 'request-2',
      keyId: null,
      connection: null,
      provider: null,
      upstreamModel: null,
      outcome: 'rejected',
      status: null,
      inputTokens: null,
      cachedInputTokens: null,
      outputTokens: null,
      reasoningTokens: null,
      costNanoUsd: null,
      attempts: [],
      ttftMs: null,
    });
    await store.insert([full, sparse]);
    await store.insert([]);
    expect(await store.find('request-1')).toEqual(full);
    expect(await store.find('request-2')).toEqual(sparse);
    expect(await store.find('request-3')).toBeUndefined();
    expect(await database.dataSource.query('SELECT attempt_count FROM usage_events ORDER BY id')).toEqual([
      { attempt_count: 1 },
      { attempt_count: 0 },
    ]);
  });

  it('counts a row once however often it is sent, alone or among new ones', async () => {
    const rows = ['a', 'b', 'c'].map((id) => makeRow({ id }));
    await store.insert(rows.slice(0, 2));
    await Promise.all([store.insert(rows), store.insert(rows), store.insert([...rows, ...rows])]);
    expect(await countRows()).toBe(3);
  });

  it('keeps amounts exact up to the largest safe integer', async () => {
    await store.insert([
      makeRow({ id: 'a', costNanoUsd: Number.MAX_SAFE_INTEGER }),
      makeRow({ id: 'b', costNanoUsd: Number.MAX_SAFE_INTEGER }),
    ]);
    expect(await store.find('a')).toMatchObject({ costNanoUsd: Number.MAX_SAFE_INTEGER });
    const [total] = await store.summarise({ groupBy: [], ...everything });
    expect(total?.costNanoUsd).toBe(2n * BigInt(Number.MAX_SAFE_INTEGER));
  });

  it('takes texts and numbers that Postgres would refuse, for the sake of the rows beside them', async () => {
    const odd = makeRow({
      id: 'odd',
      modelId: 'nul \0, half \ud800, literal \\u0000 "quoted" 🙂',
      inputTokens: 1e300,
      outputTokens: -5,
      durationMs: 12.6,
      ttftMs: Number.NaN,
    });
    await store.insert([odd, makeRow({ id: 'plain' })]);
    expect(await store.find('odd')).toMatchObject({
      modelId: 'nul \ufffd, half \ufffd, literal \\u0000 "quoted" 🙂',
      inputTokens: 2_147_483_647,
      outputTokens: 0,
      durationMs: 13,
      ttftMs: null,
    });
    expect(await store.find('plain')).toEqual(makeRow({ id: 'plain' }));
  });

  it("belongs to the caller's transaction where one is given", async () => {
    const rolledBack = database.dataSource.transaction(async (manager) => {
      await store.insertWith(manager, [makeRow()]);
      throw new Error('on purpose');
    });
    await expect(rolledBack).rejects.toThrow('on purpose');
    expect(await countRows()).toBe(0);
    await database.dataSource.transaction((manager) => store.insertWith(manager, [makeRow()]));
    expect(await countRows()).toBe(1);
  });

  it('stores 10,000 rows (the time is printed, not judged)', async () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => makeRow({ id: `request-${index}` }));
    const start = performance.now();
    for (let index = 0; index < rows.length; index += 500) await store.insert(rows.slice(index, index + 500));
    const elapsedMs = performance.now() - start;
    process.stdout.write(`10,000 usage rows in statements of 500: ${Math.round(elapsedMs)} ms\n`);
    expect(await countRows()).toBe(10_000);
  });
});

describe('reading usage', () => {
  const hourly = Array.from({ length: 30 }, (_, index) =>
    makeRow({
      id: `request-${String(index).padStart(2, '0')}`,
      // Three requests end in the same millisecond, over ten hours across midnight.
      ts: new Date(Date.parse('2026-03-10T20:00:00Z') + Math.floor(index / 3) * HOUR_MS),
      keyId: index % 2 ? 'key_a' : 'key_b',
      modelId: index % 3 ? 'openai/gpt' : 'groq/llama',
      provider: index % 3 ? 'openai' : 'groq',
      connection: index % 3 ? 'openai' : 'groq',
      costNanoUsd: index % 3 ? 1_000 : null,
      unpriced: index % 3 === 0,
    }),
  );
  beforeEach(() => store.insert(hourly));

  it('pages from the newest to the oldest, each request exactly once', async () => {
    for (const keyId of [undefined, 'key_a']) {
      const seen: string[] = [];
      for (let hasMore = true; hasMore;) {
        const page = await store.list({ ...everything, keyId, limit: 7, after: seen.at(-1) });
        seen.push(...page.rows.map(({ id }) => id));
        hasMore = page.hasMore;
      }
      const expected = hourly.filter((row) => keyId === undefined || row.keyId === keyId).map(({ id }) => id);
      expect(seen).toEqual(expected.toReversed());
    }
    expect(await store.list({ ...everything, limit: 7, after: 'unknown' })).toEqual({ rows: [], hasMore: false });
  });

  it('takes ranges from their start up to, but not including, their end', async () => {
    const range = { from: new Date('2026-03-10T21:00:00Z'), to: new Date('2026-03-10T22:00:00Z') };
    const { rows } = await store.list({ ...range, limit: 100 });
    expect(rows.map(({ id }) => id)).toEqual(['request-05', 'request-04', 'request-03']);
    expect(await store.summarise({ ...range, groupBy: [] })).toMatchObject([{ group: {}, requests: 3 }]);
  });

  it('sums up by any groups, with unknown prices apart', async () => {
    expect(await store.summarise({ ...everything, groupBy: ['provider', 'model'] })).toEqual([
      {
        group: { provider: 'groq', model: 'groq/llama' },
        requests: 10,
        attempts: 10,
        inputTokens: 1_000,
        cachedInputTokens: 400,
        cacheWriteTokens: 0,
        outputTokens: 100,
        reasoningTokens: 30,
        costNanoUsd: null,
        unpricedRequests: 10,
      },
      expect.objectContaining({
        group: { provider: 'openai', model: 'openai/gpt' },
        requests: 20,
        costNanoUsd: 20_000n,
        unpricedRequests: 0,
      }),
    ]);
    expect(await store.summarise({ ...everything, groupBy: ['key', 'key', 'project'], keyId: 'key_a' })).toMatchObject([
      { group: { key: 'key_a', project: null }, requests: 15, costNanoUsd: 10_000n, unpricedRequests: 5 },
    ]);
  });

  it('cuts days at midnight UTC', async () => {
    const days = await store.summarise({ ...everything, groupBy: ['day'] });
    expect(days.map(({ group, requests }) => [group.day, requests])).toEqual([
      ['2026-03-10', 12],
      ['2026-03-11', 18],
    ]);
  });

  it('answers an empty range with no groups, or with one empty sum', async () => {
    const range = { from: new Date('2020-01-01'), to: new Date('2020-01-02') };
    expect(await store.summarise({ ...range, groupBy: ['connection'] })).toEqual([]);
    expect(await store.summarise({ ...range, groupBy: [] })).toMatchObject([
      { requests: 0, attempts: 0, inputTokens: 0, costNanoUsd: null },
    ]);
  });
});
