import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UsageRow } from '@parley/persistence';
import { asking, postChat, readStream, textOf, type AskOptions } from './support/chat-client.ts';
import { addAlias, addConnection, addKey } from './support/configuration.ts';
import { CONNECTIONS, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';
import { eventually, openStream } from './support/stream-client.ts';

let gateway: SimulatedGateway;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
  const { runtime, simulator } = gateway;
  const models = [{ name: 'small' }];
  const baseUrl = `${simulator.url}/openai/v1`;
  await addConnection(runtime, { name: 'unpriced', provider: 'openai-compatible', baseUrl, models });
  await addAlias(runtime, 'both', ['anthropic/small', 'openai/small']);
});
afterAll(() => gateway?.close());

async function rowOf(requestId: string | null): Promise<UsageRow> {
  let row: UsageRow | undefined;
  await eventually('the call is in the ledger', async () => {
    await gateway.runtime.ledger.flush();
    row = await gateway.runtime.stores.usage.find(requestId!);
    return row !== undefined;
  });
  return row!;
}

/** Makes a call, reads it to its end, and gives what was written down of it. */
async function rowAfter(
  model: string,
  content: string,
  fields: object = {},
  options: AskOptions = {},
): Promise<UsageRow> {
  const response = await postChat(gateway, asking(model, content, fields), options);
  await response.text();
  return rowOf(response.headers.get('x-request-id'));
}

async function lastRow(): Promise<UsageRow> {
  await gateway.runtime.ledger.flush();
  const range = { from: new Date(0), to: new Date(Date.now() + 60_000) };
  const { rows } = await gateway.runtime.stores.usage.list({ ...range, limit: 1 });
  return rows[0]!;
}

describe.each(CONNECTIONS)('a call to %s', (connection) => {
  const model = `${connection}/small`;

  it.each([false, true])('is written down with its tokens and its exact cost (stream: %s)', async (stream) => {
    const { secret, id } = await addKey(gateway.runtime, { project: 'apollo' });
    const row = await rowAfter(model, '[[sim:reasoning]] [[sim:usage 1000 333 100 50]]', { stream }, { key: secret });
    expect(row).toMatchObject({
      keyId: id,
      project: 'apollo',
      mode: stream ? 'stream' : 'live',
      route: '/v1/chat/completions',
      modelId: model,
      connection,
      upstreamModel: 'small',
      outcome: 'success',
      status: 200,
      errorCode: null,
      inputTokens: 1000,
      cachedInputTokens: 100,
      outputTokens: 333,
      reasoningTokens: 50,
      estimated: false,
      unpriced: false,
      // 900 at $1, 100 cached at $0.10, 333 at $2 per million, in billionths of a dollar.
      costNanoUsd: 900_000 + 10_000 + 666_000,
    });
    expect(row.attempts).toHaveLength(1);
    expect(row.attempts[0]).toMatchObject({
      deployment: model,
      outcome: 'success',
      status: 200,
      cost_nano_usd: 1_576_000,
    });
    expect(row.ttftMs !== null).toBe(stream);
    expect(row.durationMs).toBeGreaterThanOrEqual(row.ttftMs ?? 0);
  });

  it.each([false, true])(
    'without usage from the provider is counted here, and said to be (stream: %s)',
    async (stream) => {
      const row = await rowAfter(model, '[[sim:no-usage]] [[sim:long 40]]', { stream });
      expect(row).toMatchObject({ outcome: 'success', estimated: true });
      // By characters at first, with the tokenizer from the moment it is loaded.
      expect([8, 13]).toContain(row.inputTokens);
      expect(row.outputTokens).toBeGreaterThanOrEqual(40);
      expect(row.outputTokens).toBeLessThan(60);
      expect(row.costNanoUsd).toBe(row.inputTokens! * 1000 + row.outputTokens! * 2000);
    },
  );

  it('that fails costs nothing', async () => {
    const row = await rowAfter(model, '[[sim:error 400]]');
    expect(row).toMatchObject({
      outcome: 'rejected',
      status: 400,
      errorCode: 'provider_refused_request',
      costNanoUsd: 0,
    });
    expect(row).toMatchObject({ inputTokens: null, outputTokens: null, unpriced: false });
    expect(row.attempts).toMatchObject([{ outcome: 'rejected', status: 400, error_code: 'provider_refused_request' }]);
  });

  it('that broke off in the middle is charged for what was delivered', async () => {
    const response = await postChat(
      gateway,
      asking(model, '[[sim:drip 5]] [[sim:cut 10]] [[sim:long 100]]', { stream: true }),
    );
    const delivered = textOf(await readStream(response));
    const row = await rowOf(response.headers.get('x-request-id'));
    expect(row).toMatchObject({ outcome: 'error', status: 200, errorCode: 'upstream_incomplete' });
    expect(row.attempts).toMatchObject([{ outcome: 'error', error_code: 'upstream_incomplete' }]);
    if (row.estimated) expect(row.outputTokens).toBe(Math.ceil(delivered.length / 4));
    expect(row.outputTokens).toBeLessThan(40);
  });

  it('whose client left is written down as cancelled', async () => {
    const client = openStream(gateway, asking(model, '[[sim:drip 20]] [[sim:long 1000]]', { stream: true }));
    const response = await client.head;
    await once(response, 'data');
    client.request.destroy();
    const row = await rowOf(String(response.headers['x-request-id']));
    expect(row).toMatchObject({ outcome: 'cancelled', errorCode: 'client_closed_request' });
    expect(row.outputTokens).toBeLessThan(100);
  });
});

describe('the ledger', () => {
  it('holds every attempt of a call', async () => {
    await gateway.simulator.reset();
    const row = await rowAfter('openai/small', '[[sim:flaky 2 ledger]] [[sim:usage 10 5]]');
    expect(row.attempts.map(({ outcome, status }) => [outcome, status])).toEqual([
      ['error', 503],
      ['error', 503],
      ['success', 200],
    ]);
    expect(row).toMatchObject({ outcome: 'success', costNanoUsd: 20_000, inputTokens: 10, outputTokens: 5 });
  });

  it('names the deployment that answered behind an alias', async () => {
    await gateway.simulator.reset();
    const row = await rowAfter('both', '[[sim:flaky 3 alias]] [[sim:usage 10 5]]');
    expect(row).toMatchObject({
      modelId: 'openai/small',
      connection: 'openai',
      provider: 'openai',
      outcome: 'success',
    });
    expect(row.attempts.map(({ deployment }) => deployment)).toEqual([
      'anthropic/small',
      'anthropic/small',
      'anthropic/small',
      'openai/small',
    ]);
  });

  it('knows no cost where there is no price, which is not free', async () => {
    const row = await rowAfter('unpriced/small', '[[sim:usage 10 5]]');
    expect(row).toMatchObject({ costNanoUsd: null, unpriced: true, inputTokens: 10, outputTokens: 5 });
    const response = await postChat(gateway, asking('unpriced/small', 'Hi'));
    expect(response.headers.get('x-parley-cost-usd')).toBeNull();
  });

  it('holds what was refused before a provider was asked', async () => {
    const row = await rowAfter('openai/missing-connection/x'.replace('openai', 'nowhere'), 'Hi');
    expect(row).toMatchObject({
      outcome: 'rejected',
      status: 404,
      errorCode: 'model_not_found',
      costNanoUsd: 0,
      attempts: [],
    });
  });

  it('holds no prompt and no answer', async () => {
    await rowAfter('openai/small', 'a very private matter');
    expect(JSON.stringify(await lastRow())).not.toContain('private matter');
  });

  it('sums up to what the provider’s journal says was delivered', async () => {
    const { secret, id } = await addKey(gateway.runtime);
    const calls = Array.from({ length: 30 }, (_, index) =>
      rowAfter(`${CONNECTIONS[index % 3]}/small`, '[[sim:usage 100 10]]', { stream: index % 2 === 0 }, { key: secret }),
    );
    await Promise.all(calls);
    const range = { from: new Date(0), to: new Date(Date.now() + 60_000), keyId: id };
    expect(await gateway.runtime.stores.usage.summarise({ ...range, groupBy: [] })).toMatchObject([
      {
        requests: 30,
        attempts: 30,
        inputTokens: 3000,
        outputTokens: 300,
        costNanoUsd: 30n * 120_000n,
        unpricedRequests: 0,
      },
    ]);
  });
});
