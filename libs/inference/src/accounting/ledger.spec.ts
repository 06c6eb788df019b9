import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { UsageRow } from '@parley/persistence';
import fc from 'fast-check';
import { makeCall } from '../engine/call.testing.ts';
import { Ledger } from './ledger.ts';
import { settleCall } from './settle.ts';
import { UsageSpool } from './spool.ts';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'parley-ledger-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const rowOf = (id: string): UsageRow =>
  settleCall(makeCall('m', { requestId: id }), { status: 200 }, 0, new Date()).row;

/** A table that fails as told, and like the real one takes a row once: by its id. */
function openTable() {
  const rows = new Map<string, UsageRow>();
  const table = {
    rows,
    isDown: false,
    /** Fails although the rows were taken: the answer was lost on the way. */
    losesAnswers: false,
    insert: async (inserted: UsageRow[]): Promise<void> => {
      await Promise.resolve();
      if (table.isDown) throw new Error('down');
      for (const row of inserted) rows.set(row.id, row);
      if (table.losesAnswers) throw new Error('lost');
    },
  };
  return table;
}

async function openLedger(table: ReturnType<typeof openTable>) {
  const spool = new UsageSpool(directory);
  await spool.open();
  const problems: string[] = [];
  const pending: number[] = [];
  let dropped = 0;
  const ledger = new Ledger({
    insert: table.insert,
    spool,
    onDropped: (count) => void (dropped += count),
    onPending: (count) => void pending.push(count),
    onProblem: (message) => void problems.push(message),
  });
  return { ledger, problems, pending, dropped: () => dropped };
}

describe('the ledger', () => {
  it('neither loses nor doubles a row, whatever fails and whenever the process starts anew', async () => {
    const step = fc.constantFrom('add', 'add', 'add', 'flush', 'down', 'up', 'loses answers', 'restart');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await rm(directory, { recursive: true, force: true });
        const table = openTable();
        const expected: string[] = [];
        let { ledger } = await openLedger(table);
        for (const each of steps) {
          if (each === 'add') {
            expected.push(`req_${expected.length}`);
            ledger.add(rowOf(expected.at(-1)!));
          } else if (each === 'flush') await ledger.flush();
          else if (each === 'restart') {
            await ledger.close();
            ({ ledger } = await openLedger(table));
          } else {
            table.isDown = each === 'down';
            table.losesAnswers = each === 'loses answers';
          }
        }
        Object.assign(table, { isDown: false, losesAnswers: false });
        await ledger.close();
        expect([...table.rows.keys()].sort()).toEqual([...expected].sort());
        expect([ledger.pending, await readdir(directory)]).toEqual([0, []]);
      }),
      { numRuns: 60 },
    );
  });

  it('writes rows as they were, from the disk too', async () => {
    const table = openTable();
    const { ledger } = await openLedger(table);
    table.isDown = true;
    const row = rowOf('req_1');
    ledger.add(row);
    await ledger.flush();
    expect(ledger.pending).toBe(1);
    table.isDown = false;
    await ledger.flush();
    expect(table.rows.get('req_1')).toEqual(row);
  });

  it('puts all that waits on disk when it closes while the database is away', async () => {
    const table = openTable();
    const { ledger } = await openLedger(table);
    table.isDown = true;
    for (let i = 0; i < 3000; i++) ledger.add(rowOf(`req_${i}`));
    await ledger.close();
    table.isDown = false;
    const { ledger: next } = await openLedger(table);
    expect(next.pending).toBe(3000);
    await next.close();
    expect(table.rows.size).toBe(3000);
  });

  it('takes a database that does not answer for one that is away, and does not wait for it when it closes', async () => {
    const table = openTable();
    const { ledger, problems, pending } = await openLedger({ ...table, insert: () => new Promise(() => undefined) });
    ledger.add(rowOf('req_1'));
    const flushing = ledger.flush();
    ledger.add(rowOf('req_2'));
    const startedAtMs = performance.now();
    await ledger.close();
    await flushing;
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
    expect([problems.length, pending.at(-1)]).toEqual([1, 2]);
    const { ledger: next } = await openLedger(table);
    await next.close();
    expect([...table.rows.keys()]).toEqual(['req_1', 'req_2']);
  });

  it('writes many rows in pieces', async () => {
    const sizes: number[] = [];
    const table = openTable();
    const { ledger } = await openLedger({
      ...table,
      insert: async (rows) => void (await Promise.resolve(), sizes.push(rows.length)),
    });
    for (let i = 0; i < 1201; i++) ledger.add(rowOf(`req_${i}`));
    await ledger.flush();
    expect(sizes).toEqual([500, 500, 201]);
  });

  it('keeps rows in memory while the disk fails too, and says so once per outage', async () => {
    const table = openTable();
    const { ledger, problems } = await openLedger(table);
    await rm(directory, { recursive: true });
    table.isDown = true;
    ledger.add(rowOf('req_1'));
    await ledger.flush();
    await ledger.flush();
    expect(ledger.pending).toBe(1);
    expect(problems.filter((problem) => problem.includes('Postgres'))).toHaveLength(1);
    table.isDown = false;
    await ledger.flush();
    expect([...table.rows.keys()]).toEqual(['req_1']);
  });

  it('counts what it has to drop when nothing takes the rows', async () => {
    const { ledger, dropped } = await openLedger(openTable());
    const row = rowOf('req_1');
    for (let i = 0; i < 100_003; i++) ledger.add(row);
    expect([ledger.pending, dropped()]).toEqual([100_000, 3]);
  });

  it('writes by itself once it is started', async () => {
    const table = openTable();
    const { ledger } = await openLedger(table);
    ledger.start();
    ledger.add(rowOf('req_1'));
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(table.rows.size).toBe(1);
    await ledger.close();
  });
});
