import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BatchObject } from '@parley/contracts';
import { ValidationStore } from '@parley/persistence';
import { BatchServer, line } from './fixtures/batch-server.ts';

let server: BatchServer;
beforeAll(async () => {
  server = await BatchServer.start();
}, 30_000);
afterAll(() => server.close());

describe('batches', () => {
  it('begin as validating and echo what they were asked', async () => {
    const { id } = await server.upload(line('a'));
    const batch = await server.submit(id, { metadata: { job: 'kit', also: 'order' } });
    expect(batch).toEqual({
      id: expect.stringMatching(/^batch_[0-9a-f]{32}$/),
      object: 'batch',
      endpoint: '/v1/chat/completions',
      errors: null,
      input_file_id: id,
      completion_window: '24h',
      status: 'validating',
      output_file_id: null,
      error_file_id: null,
      created_at: expect.any(Number),
      in_progress_at: null,
      expires_at: batch.created_at + 24 * 3600,
      finalizing_at: null,
      completed_at: null,
      failed_at: null,
      expired_at: null,
      cancelling_at: null,
      cancelled_at: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
      metadata: { job: 'kit', also: 'order' },
    });
    expect(await server.client.batches.retrieve(batch.id)).toEqual(batch);
  });

  it('may bring their requests inline', async () => {
    const response = await server.post(
      '/v1/batches',
      JSON.stringify({
        requests: [{ custom_id: 'a', body: { model: 'any' } }],
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
      }),
    );
    const batch = (await response.json()) as BatchObject;
    const content = await server.client.files.content(batch.input_file_id);
    expect(JSON.parse(await content.text())).toEqual({
      method: 'POST',
      url: '/v1/chat/completions',
      custom_id: 'a',
      body: { model: 'any' },
    });
  });

  it('are refused when a request in them is nested too deep to be stored', async () => {
    const response = await server.post(
      '/v1/batches',
      `{"requests":[{"body":${'['.repeat(50_000)}${']'.repeat(50_000)}}],"endpoint":"/v1/chat/completions","completion_window":"24h"}`,
    );
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param: 'requests' } }]);
  });

  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown file', { input_file_id: 'file-nope' }, 'input_file_id'],
    ['U+0000 in the file id', { input_file_id: 'file-\0' }, 'input_file_id'],
    ['no file', { input_file_id: undefined }, 'input_file_id'],
    ['both a file and requests', { requests: [{}] }, 'input_file_id'],
    ['an unknown endpoint', { endpoint: '/v1/admin' }, 'endpoint'],
    ['another window', { completion_window: '1h' }, 'completion_window'],
    ['17 metadata pairs', { metadata: pairs(17) }, 'metadata'],
    ['a long metadata value', { metadata: { key: 'x'.repeat(513) } }, 'metadata.key'],
    [
      'a short life of its output',
      { output_expires_after: { anchor: 'created_at', seconds: 1 } },
      'output_expires_after.seconds',
    ],
    ['an unknown field', { priority: 1 }, 'priority'],
  ])('with %s are refused, naming the field', async (_what, change, param) => {
    const { id } = await server.upload(line('a'));
    const before = await server.countRows('batches');
    const response = await server.post(
      '/v1/batches',
      JSON.stringify({
        input_file_id: id,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
        ...change,
      }),
    );
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param } }]);
    expect(await server.countRows('batches')).toBe(before);
  });

  it('are listed newest first, page by page', async () => {
    const made: string[] = [];
    const { id } = await server.upload(line('a'));
    for (let count = 0; count < 3; count += 1) made.push((await server.submit(id)).id);
    const first = await server.client.batches.list({ limit: 2 });
    expect(first.data.map((batch) => batch.id)).toEqual([made[2], made[1]]);
    const second = await first.getNextPage();
    expect(second.data[0]!.id).toBe(made[0]);
  });

  it('can be cancelled again and again, but not when they have ended otherwise', async () => {
    const batch = await server.submit((await server.upload(line('a'))).id);
    expect((await server.client.batches.cancel(batch.id)).status).toBe('cancelling');
    expect((await server.client.batches.cancel(batch.id)).status).toBe('cancelling');
    const failed = await server.submit((await server.upload(line('a'))).id);
    const validations = new ValidationStore(server.database.dataSource);
    await validations.refuse((await validations.claim(failed.id))!, []);
    await expect(server.client.batches.cancel(failed.id)).rejects.toMatchObject({ status: 409, code: 'conflict' });
  });
});

describe('what belongs to another key', () => {
  it('does not exist', async () => {
    const file = await server.upload(line('a'));
    const batch = await server.submit(file.id);
    const attempts = [
      server.stranger.files.retrieve(file.id),
      server.stranger.files.content(file.id),
      server.stranger.files.delete(file.id),
      server.stranger.batches.retrieve(batch.id),
      server.stranger.batches.cancel(batch.id),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ status: 404, code: 'not_found' });
    expect((await server.stranger.batches.list()).data).toEqual([]);
    expect((await server.stranger.files.list()).data).toEqual([]);
    await expect(
      server.stranger.batches.create({
        input_file_id: file.id,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
      }),
    ).rejects.toMatchObject({ status: 400, param: 'input_file_id' });
    expect((await server.client.batches.retrieve(batch.id)).status).toBe('validating');
  });
});
