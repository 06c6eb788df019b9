import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ItemResult, StoredResults } from '@parley/persistence';
import { ResultWriter } from './result-writer.ts';

Logger.overrideLogger(false);
const resultOf = (line: number): ItemResult => ({
  batchId: 'batch_a',
  line,
  token: `token-${line}`,
  customId: `item-${line}`,
  ok: true,
  statusCode: 200,
  requestId: 'req_test',
  content: '{}',
  usage: null,
});

/** A store that takes its time, and fails as often as it is told to. */
function slowStore(failures = 0) {
  const groups: number[][] = [];
  let failing = failures;
  return {
    groups,
    async store(results: ItemResult[]): Promise<StoredResults> {
      await sleep(10);
      if (failing > 0) {
        failing -= 1;
        throw new Error('Postgres is away');
      }
      groups.push(results.map(({ line }) => line));
      return { stored: results, finishedBatchIds: results.some(({ line }) => line === 4) ? ['batch_a'] : [] };
    },
  };
}

describe('writing results', () => {
  it('lets those that arrive during a transaction share the next, and tells which batches are finished', async () => {
    const store = slowStore();
    const finished: string[] = [];
    const writer = new ResultWriter(store, ({ finishedBatchIds }) => finished.push(...finishedBatchIds), new Logger());
    await Promise.all([1, 2, 3, 4].map((line) => writer.write(resultOf(line))));
    expect(store.groups).toEqual([[1], [2, 3, 4]]);
    expect(finished).toEqual(['batch_a']);
  });

  it('keeps trying while Postgres is away, so that nothing that was paid for is lost', async () => {
    const store = slowStore(3);
    const writer = new ResultWriter(store, () => undefined, new Logger());
    await Promise.all([1, 2].map((line) => writer.write(resultOf(line))));
    expect(store.groups).toEqual([[1], [2]]);
  });
});
