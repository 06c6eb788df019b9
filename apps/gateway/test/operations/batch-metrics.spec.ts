import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrateQueues } from '@parley/persistence';
import { chatBody, Stand, until } from './processes.ts';

let stand: Stand;
let gatewayMetrics: number;
let url: string;
beforeAll(async () => {
  stand = await Stand.start();
  await migrateQueues({ DATABASE_URL: stand.database.url, QUEUE: 'postgres' });
  const gateway = stand.start('gateway');
  url = `http://127.0.0.1:${await gateway.ready}`;
  ({ metricsPort: gatewayMetrics } = await gateway.listens());
});
afterAll(() => stand?.close());

/** The value of a series; undefined where it is not exported. */
async function readSeries(port: number, series: string): Promise<number | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

async function submitBatch(prompts: string[]): Promise<void> {
  const authorization = `Bearer ${stand.adminKey}`;
  const lines = prompts.map((prompt, index) => {
    const custom_id = `item-${index}`;
    return JSON.stringify({
      custom_id,
      method: 'POST',
      url: '/v1/chat/completions',
      body: JSON.parse(chatBody(prompt)),
    });
  });
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([lines.join('\n')]), 'batch.jsonl');
  const uploaded = await fetch(`${url}/v1/files`, { method: 'POST', headers: { authorization }, body: form });
  const { id } = (await uploaded.json()) as { id: string };
  const created = await fetch(`${url}/v1/batches`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' }),
  });
  expect(created.status).toBe(200);
}

const QUEUE = 'queue="parley-batches"';

describe('the metrics of batches', () => {
  it('show a backlog on the gateway while no worker runs, and the work when one does', async () => {
    await submitBatch(['one', 'two', '[[sim:error 400]]']);
    const isBacklogSeen = async (): Promise<boolean> =>
      (await readSeries(gatewayMetrics, `parley_queue_jobs{${QUEUE},state="waiting"}`)) === 1 &&
      (await readSeries(gatewayMetrics, 'parley_batches{status="validating"}')) === 1;
    await until(isBacklogSeen, 20_000, 'the gateway shows what waits');
    expect(await readSeries(gatewayMetrics, `parley_queue_oldest_waiting_seconds{${QUEUE}}`)).toBeGreaterThan(0);

    const workerMetrics = await stand.start('worker').ready;
    const countCompleted = (): Promise<number | undefined> =>
      readSeries(workerMetrics, 'parley_batch_completion_seconds_count');
    await until(async () => (await countCompleted()) === 1, 20_000, 'the batch is completed');
    const items = async (outcome: string): Promise<number | undefined> =>
      readSeries(workerMetrics, `parley_batch_items_total{outcome="${outcome}"}`);
    expect([await items('completed'), await items('failed'), await items('expired')]).toEqual([2, 1, 0]);
    expect(await readSeries(workerMetrics, `parley_jobs_total{${QUEUE},outcome="completed"}`)).toBeGreaterThan(0);
    expect(await readSeries(workerMetrics, `parley_queue_wait_seconds_count{${QUEUE}}`)).toBeGreaterThan(0);
    const isSeenEverywhere = async (): Promise<boolean> => {
      const values = [gatewayMetrics, workerMetrics].map(async (port) => [
        await readSeries(port, 'parley_batches{status="completed"}'),
        await readSeries(port, 'parley_batches{status="validating"}'),
        await readSeries(port, 'parley_usage_partition_days_ahead'),
      ]);
      return (await Promise.all(values)).every((row) => row.join() === '1,0,7');
    };
    await until(isSeenEverywhere, 30_000, 'both show the batch and the partitions that the worker made');
  });
});
