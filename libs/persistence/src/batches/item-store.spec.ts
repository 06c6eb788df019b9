import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UsageStore } from '../usage/usage-store.ts';
import { createTestDatabase, type TestDatabase } from '../database/test-database.ts';
import { BatchStore } from './batch-store.ts';
import { ClosingStore } from './closing-store.ts';
import { ItemStore, MAX_LOST_LEASES, type LeasedItem } from './item-store.ts';
import { ResultStore } from './result-store.ts';
import { createRunningBatch, OWNER, readFiles, resultOf } from './test-batch.ts';

let database: TestDatabase;
let items: ItemStore;
let closings: ClosingStore;
let batches: BatchStore;
let results: ResultStore;
beforeAll(async () => {
  database = await createTestDatabase();
  const ledger = new UsageStore(database.dataSource);
  items = new ItemStore(database.dataSource);
  closings = new ClosingStore(database.dataSource);
  batches = new BatchStore(database.dataSource);
  results = new ResultStore(database.dataSource, (manager, rows) => ledger.insertWith(manager, rows));
});
afterAll(() => database.drop());

const sql = (text: string, values: unknown[] = []): Promise<unknown> => database.dataSource.query(text, values);
const loseAllLeases = () => sql(`UPDATE batch_items SET lease_until = now() - interval '1 s' WHERE state = 'leased'`);
const chargesSince = async (): Promise<string[]> => {
  const rows = (await sql('SELECT id FROM usage_events')) as { id: string }[];
  await sql('TRUNCATE usage_events');
  return rows.map(({ id }) => id);
};

describe('leasing items', () => {
  it('never gives one item to two workers, however many lease at once', async () => {
    const batchId = await createRunningBatch(database.dataSource, 200);
    const taken = (await Promise.all(Array.from({ length: 16 }, () => items.lease(batchId, 15)))).flat();
    expect(new Set(taken.map(({ line }) => line)).size).toBe(taken.length);
    const rest = await items.lease(batchId, 200);
    expect(taken.length + rest.length).toBe(200);
    expect(await items.lease(batchId, 1)).toEqual([]);
  });

  it('gives nothing of a batch that is cancelled, has expired, or waits for its delay', async () => {
    const [cancelled, expired, delayed] = await Promise.all(
      [1, 1, 1].map((count) => createRunningBatch(database.dataSource, count)),
    );
    await batches.cancel(OWNER, cancelled!);
    await sql(`UPDATE batches SET expires_at = now() WHERE id = $1`, [expired]);
    const [item] = await items.lease(delayed!, 1);
    await items.retryLater(item!, 60_000);
    for (const batchId of [cancelled, expired, delayed]) expect(await items.lease(batchId!, 1)).toEqual([]);
    expect(await items.listWorkable()).not.toContain(delayed);
  });

  it('counts failed tries, and forgets lost leases when a try ends', async () => {
    const batchId = await createRunningBatch(database.dataSource, 1);
    await items.lease(batchId, 1);
    await loseAllLeases();
    await items.takeBackExpired();
    const [item] = await items.lease(batchId, 1);
    await items.retryLater(item!, 0);
    const [again] = await items.lease(batchId, 1);
    expect(again!.attempts).toBe(1);
    expect(await sql('SELECT lost_leases FROM batch_items WHERE batch_id = $1', [batchId])).toEqual([
      { lost_leases: 0 },
    ]);
  });

  it('postpones without counting a try where nobody was asked', async () => {
    const batchId = await createRunningBatch(database.dataSource, 1);
    const [item] = await items.lease(batchId, 1);
    await items.retryLater(item!, 0, false);
    expect((await items.lease(batchId, 1))[0]!.attempts).toBe(0);
  });

  it('prolongs only what the token still holds, and says when a cancelled batch has to stop', async () => {
    const batchId = await createRunningBatch(database.dataSource, 2);
    const [kept, lost] = await items.lease(batchId, 2);
    await items.release([lost!]);
    expect(await items.renew([kept!, lost!])).toEqual([{ batchId, line: 1, token: kept!.token, stop: false }]);
    await batches.cancel(OWNER, batchId);
    expect(await items.renew([kept!])).toMatchObject([{ stop: false }]);
    await sql(`UPDATE batches SET cancelling_at = now() - interval '1 minute' WHERE id = $1`, [batchId]);
    expect(await items.renew([kept!])).toMatchObject([{ stop: true }]);
  });
});

describe('storing results', () => {
  it('rejects the late write of a worker whose item was given to another', async () => {
    await chargesSince();
    const batchId = await createRunningBatch(database.dataSource, 1);
    const [zombie] = await items.lease(batchId, 1);
    await loseAllLeases();
    await items.takeBackExpired();
    const [heir] = await items.lease(batchId, 1);
    expect(await results.store([resultOf(zombie!)])).toEqual({ stored: [], finishedBatchIds: [] });
    expect(await results.store([resultOf(heir!)])).toMatchObject({ finishedBatchIds: [batchId] });
    expect(await results.store([resultOf(heir!), resultOf(zombie!)])).toEqual({ stored: [], finishedBatchIds: [] });
    expect(await chargesSince()).toEqual(['item-1']);
  });

  it('stores nothing of a result whose usage cannot be recorded', async () => {
    const batchId = await createRunningBatch(database.dataSource, 1);
    const [item] = await items.lease(batchId, 1);
    const failing = new ResultStore(database.dataSource, () => Promise.reject(new Error('no usage')));
    await expect(failing.store([resultOf(item!)])).rejects.toThrow('no usage');
    expect((await batches.get(OWNER, batchId)).request_counts).toEqual({ total: 1, completed: 0, failed: 0 });
    expect(await sql('SELECT FROM batch_results WHERE batch_id = $1', [batchId])).toEqual([]);
    expect((await results.store([resultOf(item!)])).stored).toHaveLength(1);
  });

  it('ends every item exactly once under any order of leases, deaths, late writes and stops', async () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant('lease' as const), count: fc.integer({ min: 1, max: 4 }) }),
      fc.record({
        do: fc.constant('store' as const),
        pick: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        ok: fc.boolean(),
      }),
      fc.record({ do: fc.constant('retry' as const), pick: fc.nat() }),
      fc.record({ do: fc.constant('release' as const), pick: fc.nat() }),
      fc.record({ do: fc.constant('die' as const) }),
      fc.record({ do: fc.constant('close' as const) }),
      fc.record({ do: fc.constantFrom('cancel' as const, 'expire' as const), when: fc.integer({ min: 0, max: 9 }) }),
    );
    const run = async (count: number, actions: (typeof action extends fc.Arbitrary<infer A> ? A : never)[]) => {
      await chargesSince();
      const batchId = await createRunningBatch(database.dataSource, count);
      // Everything ever leased, also what was lost since: the zombies keep trying.
      const leased: LeasedItem[] = [];
      const pick = (index: number): LeasedItem[] => leased.slice(index % (leased.length || 1)).slice(0, 1);
      let last = { completed: 0, failed: 0 };
      for (const step of actions) {
        if (step.do === 'lease') leased.push(...(await items.lease(batchId, step.count)));
        else if (step.do === 'store') {
          const chosen = new Map(step.pick.flatMap(pick).map((item) => [`${item.line} ${item.token}`, item]));
          if (chosen.size > 0) await results.store([...chosen.values()].map((item) => resultOf(item, { ok: step.ok })));
        } else if (step.do === 'retry') for (const item of pick(step.pick)) await items.retryLater(item, 0);
        else if (step.do === 'release') await items.release(pick(step.pick));
        else if (step.do === 'die') {
          await loseAllLeases();
          await items.takeBackExpired();
          await closings.failPoisonItems();
        } else if (step.do === 'close') await closings.close(batchId);
        else if (step.do === 'cancel' && step.when === 0) await batches.cancel(OWNER, batchId).catch(() => undefined);
        else if (step.do === 'expire' && step.when === 0) {
          await sql(`UPDATE batches SET expires_at = now() WHERE id = $1`, [batchId]);
        }
        const { request_counts: counts } = await batches.get(OWNER, batchId);
        expect(counts.completed).toBeGreaterThanOrEqual(last.completed);
        expect(counts.failed).toBeGreaterThanOrEqual(last.failed);
        last = counts;
      }
      for (let rest = await items.lease(batchId, 100); rest.length > 0; rest = await items.lease(batchId, 100)) {
        await results.store(rest.map((item) => resultOf(item)));
      }
      await loseAllLeases();
      await items.takeBackExpired();
      for (let rest = await items.lease(batchId, 100); rest.length > 0; rest = await items.lease(batchId, 100)) {
        await results.store(rest.map((item) => resultOf(item)));
      }
      await closings.failPoisonItems();
      await closings.close(batchId);
      const batch = await batches.get(OWNER, batchId);
      expect(['completed', 'cancelled', 'expired']).toContain(batch.status);
      const files = await readFiles(database.dataSource, batch);
      const expected = Array.from({ length: count }, (_, index) => `item-${index + 1}`).toSorted();
      expect([...files.output, ...files.error].map((line) => line.custom_id).toSorted()).toEqual(expected);
      expect(batch.request_counts).toEqual({
        total: count,
        completed: files.output.length,
        failed: files.error.length,
      });
      const answered = [...files.output, ...files.error].filter(({ response }) => response !== null);
      expect((await chargesSince()).toSorted()).toEqual(answered.map((line) => line.custom_id).toSorted());
    };
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.array(action, { maxLength: 40 }), run), {
      numRuns: 60,
    });
  }, 120_000);
});

describe('items that kill their workers', () => {
  it('end as an error line after several lost leases, and the batch completes', async () => {
    const batchId = await createRunningBatch(database.dataSource, 2);
    for (let round = 0; round < MAX_LOST_LEASES; round += 1) {
      const [poison, good] = await items.lease(batchId, 2);
      if (good) await results.store([resultOf(good)]);
      expect(poison!.customId).toBe('item-1');
      await loseAllLeases();
      await items.takeBackExpired();
    }
    expect(await items.lease(batchId, 2)).toEqual([]);
    await closings.failPoisonItems();
    expect(await closings.close(batchId)).toBeDefined();
    const batch = await batches.get(OWNER, batchId);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 1, failed: 1 } });
    const { error } = await readFiles(database.dataSource, batch);
    expect(error).toMatchObject([{ custom_id: 'item-1', response: null, error: { code: 'item_abandoned' } }]);
  });
});
