import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { UsageRow } from '@parley/persistence';
import { makeCall } from '../engine/call.testing.ts';
import { settleCall } from '../accounting/settle.ts';
import { UsageSpool } from './spool.ts';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'parley-spool-'))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const rowOf = (id: string): UsageRow =>
  settleCall(makeCall('m', { requestId: id }), { status: 200 }, 0, new Date()).row;

async function openSpool(): Promise<UsageSpool> {
  const spool = new UsageSpool(directory);
  await spool.open();
  return spool;
}

async function drain(spool: UsageSpool): Promise<string[]> {
  const ids: string[] = [];
  await spool.replay(async (rows) => void (await Promise.resolve(), ids.push(...rows.map((row) => row.id))));
  return ids;
}

describe('the spool', () => {
  it('gives back in order what it took, once, dates as dates', async () => {
    const spool = await openSpool();
    await spool.append([rowOf('a'), rowOf('b')]);
    await spool.append([rowOf('c')]);
    expect(spool.pending).toBe(3);
    const taken: UsageRow[] = [];
    await spool.replay(async (rows) => void (await Promise.resolve(), taken.push(...rows)));
    expect(taken.map(({ id, ts }) => [id, ts instanceof Date])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ]);
    expect([spool.pending, await drain(spool), await readdir(directory)]).toEqual([0, [], []]);
  });

  it('keeps a file until its rows are taken', async () => {
    const spool = await openSpool();
    await spool.append([rowOf('a')]);
    await expect(spool.replay(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(spool.pending).toBe(1);
    expect(await drain(spool)).toEqual(['a']);
  });

  it('finds what an earlier process left, but for a last line that a crash cut', async () => {
    const first = await openSpool();
    await first.append([rowOf('a'), rowOf('b')]);
    const [name = ''] = await readdir(directory);
    await appendFile(join(directory, name), JSON.stringify(rowOf('cut')).slice(0, 40));
    await writeFile(join(directory, 'notes.txt'), 'not ours');
    const second = await openSpool();
    expect(second.pending).toBe(2);
    expect(await drain(second)).toEqual(['a', 'b']);
    expect(await readdir(directory)).toEqual(['notes.txt']);
  });

  it('goes on when another process has replayed a file of its', async () => {
    const first = await openSpool();
    await first.append([rowOf('a')]);
    expect(await drain(await openSpool())).toEqual(['a']);
    await first.append([rowOf('b')]);
    expect(await drain(first)).toEqual(['b']);
  });

  it('makes its folder, and lets nobody else read its files', async () => {
    directory = join(directory, 'deep', 'er');
    const spool = await openSpool();
    await spool.append([rowOf('a')]);
    const { stat } = await import('node:fs/promises');
    const [name = ''] = await readdir(directory);
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  });
});
