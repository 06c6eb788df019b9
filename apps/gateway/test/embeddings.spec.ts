import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EmbeddingsResponse } from '@parley/contracts';
import type { UsageRow } from '@parley/persistence';
import { asking, postChat, readError, type AskOptions } from './support/chat-client.ts';
import { addAlias, addConnection, addKey } from './support/configuration.ts';
import { startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';
import { eventually } from './support/stream-client.ts';

const OPENAI = 'openai/text-embedding-3-small';
const GEMINI = 'google/gemini-embedding-001';
const MODELS = [OPENAI, GEMINI];

let gateway: SimulatedGateway;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
  const { runtime, simulator } = gateway;
  const models = [{ name: 'embed' }, { name: 'only-chats', capabilities: { embeddings: false } }];
  const baseUrl = `${simulator.url}/openai/v1`;
  await addConnection(runtime, { name: 'unpriced', provider: 'openai-compatible', baseUrl, models });
  await addAlias(runtime, 'mixed', ['anthropic/small', OPENAI]);
  await addAlias(runtime, 'several', [GEMINI, OPENAI]);
});
afterAll(() => gateway?.close());
beforeEach(() => gateway.simulator.reset());

function post(body: string | object, { headers = {}, key = gateway.adminKey }: AskOptions = {}): Promise<Response> {
  return fetch(`${gateway.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function embed(model: string, input: unknown, fields: object = {}): Promise<EmbeddingsResponse> {
  const response = await post({ model, input, ...fields });
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  return (await response.json()) as EmbeddingsResponse;
}

async function rowAfter(response: Response): Promise<UsageRow> {
  await response.text();
  let row: UsageRow | undefined;
  await eventually('the call is in the ledger', async () => {
    await gateway.runtime.ledger.flush();
    row = await gateway.runtime.stores.usage.find(response.headers.get('x-request-id')!);
    return row !== undefined;
  });
  return row!;
}

const numbersOf = ({ data }: { data: { embedding: number[] | string }[] }): number[][] =>
  data.map(({ embedding }) => {
    if (typeof embedding === 'string') throw new Error('numbers were asked for');
    return embedding;
  });
const lengthOf = (vector: readonly number[]): number => Math.hypot(...vector);

describe.each(MODELS)('embeddings of %s', (model) => {
  it('work with OpenAI’s own client, which asks for base64 and gives numbers', async () => {
    const input = ['one', 'two', 'one'];
    const { data, object, usage } = await gateway.openai.embeddings.create({ model, input });
    expect([object, data.map(({ index }) => index)]).toEqual(['list', [0, 1, 2]]);
    expect(data[0]!.embedding).toEqual(data[2]!.embedding);
    expect(data[0]!.embedding).not.toEqual(data[1]!.embedding);
    expect(lengthOf(data[1]!.embedding)).toBeCloseTo(1, 5);
    expect(usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    const plain = await gateway.openai.embeddings.create({ model, input, encoding_format: 'float' });
    expect(plain.data).toEqual(data);
  });

  it('are as large as was asked for, and have length 1', async () => {
    const [vector] = numbersOf(await embed(model, 'one', { dimensions: 256 }));
    expect(vector).toHaveLength(256);
    expect(lengthOf(vector!)).toBeCloseTo(1, 5);
  });

  it('come for more texts than Google takes in a call, in order', async () => {
    const input = Array.from({ length: 300 }, (_, index) => `text ${index}`);
    const response = await post({ model, input, dimensions: 8 });
    const whole = (await response.json()) as EmbeddingsResponse;
    const last = await embed(model, 'text 299', { dimensions: 8 });
    expect(whole.data.map(({ index }) => index)).toEqual(input.map((_, index) => index));
    expect(whole.data[299]!.embedding).toEqual(last.data[0]!.embedding);
    expect(whole.usage.prompt_tokens).toBeGreaterThan(300);
    expect(response.headers.get('x-parley-attempts')).toBe('1');
  });

  it('are written down with their tokens and exact cost, and the answer says so', async () => {
    const { secret, id } = await addKey(gateway.runtime, { project: 'apollo' });
    const response = await post({ model, input: '[[sim:usage 1000000 0]]' }, { key: secret });
    const [costUsd, costNanoUsd] = model === OPENAI ? ['0.02', 20_000_000] : ['0.15', 150_000_000];
    expect(response.headers.get('x-parley-model')).toBe(model);
    expect(response.headers.get('x-parley-cost-usd')).toBe(costUsd);
    expect(await rowAfter(response)).toMatchObject({
      keyId: id,
      project: 'apollo',
      route: '/v1/embeddings',
      mode: 'live',
      modelId: model,
      outcome: 'success',
      status: 200,
      inputTokens: 1_000_000,
      outputTokens: 0,
      costNanoUsd,
      estimated: false,
      unpriced: false,
      attempts: [{ deployment: model, outcome: 'success', status: 200 }],
    });
  });

  it('are counted here where the provider did not count', async () => {
    const response = await post({ model, input: ['[[sim:no-usage]]', 'and eight more tokens go here..'] });
    const { usage } = (await response.clone().json()) as EmbeddingsResponse;
    // By characters at first, by the tokenizer once it is loaded.
    const { prompt_tokens: counted } = usage;
    expect([12, 13]).toContain(counted);
    expect(usage).toEqual({ prompt_tokens: counted, total_tokens: counted });
    expect(await rowAfter(response)).toMatchObject({ inputTokens: counted, estimated: true });
  });

  it('are asked for again when the provider was busy', async () => {
    const response = await post({ model, input: `[[sim:flaky 1 ${model}]]` });
    expect([response.status, response.headers.get('x-parley-attempts')]).toEqual([200, '2']);
  });

  it.each([
    [429, 429, 'provider_rate_limited'],
    [400, 400, 'provider_refused_request'],
    [401, 502, 'provider_auth_failed'],
    [404, 404, 'model_not_found'],
  ])('fail readably when the provider says %d', async (said, status, code) => {
    const response = await post({ model, input: `[[sim:error ${said}]]` });
    const error = await readError(response.clone());
    expect([response.status, error.code]).toEqual([status, code]);
    expect(await rowAfter(response)).toMatchObject({ errorCode: code, costNanoUsd: 0, inputTokens: null });
  });
});

describe('what a request may ask of whom', () => {
  it('is chat or embeddings: a model of the other kind is refused, and nobody is asked', async () => {
    const wrong = [
      await postChat(gateway, asking(OPENAI, 'Hi')),
      await post({ model: 'openai/gpt-4o', input: 'x' }),
      await post({ model: 'unpriced/only-chats', input: 'x' }),
      await post({ model: 'anthropic/small', input: 'x' }),
    ];
    for (const response of wrong) {
      const error = await readError(response);
      expect([response.status, error.code, error.param]).toEqual([400, 'invalid_request', 'model']);
      expect(error.message).toMatch(/does not (chat|make embeddings)/);
    }
    expect(await gateway.simulator.journal()).toEqual([]);
  });

  it('is put to the deployment of an alias that can', async () => {
    const response = await post({ model: 'mixed', input: 'x' });
    expect([response.status, response.headers.get('x-parley-model')]).toEqual([200, OPENAI]);
  });

  it('is paid for where it was answered, also when another deployment had to answer it all in the end', async () => {
    // Four parts of a hundred at a time: the fifth is asked for when one of them was answered.
    const input = Array.from({ length: 450 }, (_, index) => (index === 449 ? '[[sim:flaky 3 last part]]' : 'text'));
    const response = await post({ model: 'several', input });
    expect([response.status, response.headers.get('x-parley-model')]).toEqual([200, OPENAI]);
    const { attempts, inputTokens, costNanoUsd } = await rowAfter(response);
    expect(attempts.map(({ deployment, outcome }) => [deployment, outcome])).toEqual([
      ...Array<string[]>(3).fill([GEMINI, 'error']),
      [OPENAI, 'success'],
    ]);
    const tokens = attempts.map(({ usage }) => usage?.input_tokens ?? 0);
    const fallback = tokens.pop()!;
    const before = tokens.reduce((sum, count) => sum + count);
    expect([tokens[0]! >= 100, fallback >= 450]).toEqual([true, true]);
    expect(inputTokens).toBe(before + fallback);
    expect(costNanoUsd).toBe(before * 150 + fallback * 20);
  });

  it('is tokens at OpenAI, and texts elsewhere', async () => {
    expect((await embed(OPENAI, [[1, 2], [3]])).usage.prompt_tokens).toBe(3);
    const response = await post({ model: GEMINI, input: [1, 2] });
    expect(await readError(response)).toMatchObject({ code: 'unsupported_parameter', param: 'input' });
  });

  it('is reported where something is left out, and refused for a strict caller', async () => {
    const response = await post({ model: GEMINI, input: 'x', user: 'someone' });
    expect([response.status, response.headers.get('x-parley-losses')]).toEqual([200, 'user=dropped']);
    const strict = await post({ model: GEMINI, input: 'x', user: 'someone' }, { headers: { 'x-parley-strict': '1' } });
    expect(await readError(strict)).toMatchObject({ code: 'unsupported_parameter', param: 'user' });
  });

  it('is without cost where the price is unknown', async () => {
    const response = await post({ model: 'unpriced/embed', input: 'x' });
    expect(response.headers.has('x-parley-cost-usd')).toBe(false);
    expect(await rowAfter(response)).toMatchObject({ costNanoUsd: null, unpriced: true, inputTokens: 1 });
  });
});

describe('a request that is none', () => {
  it.each([
    ['no JSON', '{"model":', 'invalid_json', null],
    ['a key given twice', `{"model":"${OPENAI}","input":"a","input":"b"}`, 'invalid_request', 'input'],
    ['an empty text', { model: OPENAI, input: '' }, 'invalid_request', 'input'],
    ['an empty text among others', { model: OPENAI, input: ['a', ''] }, 'invalid_request', 'input.1'],
    ['bad tokens', { model: OPENAI, input: [[1], [-1]] }, 'invalid_request', 'input.1.0'],
    ['too many inputs', { model: OPENAI, input: Array<string>(2049).fill('x') }, 'invalid_request', 'input'],
    ['no dimensions', { model: OPENAI, input: 'x', dimensions: -1 }, 'invalid_request', 'dimensions'],
    ['an unknown model', { model: 'nowhere/at-all', input: 'x' }, 'model_not_found', 'model'],
  ])('with %s is refused before anybody is asked', async (_what, body, code, param) => {
    const error = await readError(await post(body));
    expect([error.code, error.param]).toEqual([code, param]);
    expect(await gateway.simulator.journal()).toEqual([]);
  });

  it('goes by the limits of its key', async () => {
    const { secret } = await addKey(gateway.runtime, { rpm: 1 });
    const first = await post({ model: OPENAI, input: 'x' }, { key: secret });
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('1');
    const second = await post({ model: OPENAI, input: 'x' }, { key: secret });
    expect([second.status, (await readError(second)).code]).toEqual([429, 'rate_limit_exceeded']);
  });
});

it('calls that a client leaves are ended at the provider', async () => {
  const client = new AbortController();
  const asked = fetch(`${gateway.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.adminKey}` },
    body: JSON.stringify({ model: GEMINI, input: '[[sim:hang]]' }),
    signal: client.signal,
  });
  await eventually('the provider is asked', async () => (await gateway.simulator.journal()).length === 1);
  client.abort();
  await expect(asked).rejects.toThrow();
  await eventually('the provider is left', async () => (await gateway.simulator.journal())[0]!.aborted);
});

it('metrics count the calls under labels from closed sets', async () => {
  await embed(OPENAI, 'x');
  await eventually('they are counted', async () => {
    const text = await gateway.runtime.registry.metrics();
    return (
      /parley_requests_total\{provider="openai",model="other",mode="sync",outcome="success"\} \d/.test(text) &&
      /parley_http_requests_total\{route="\/v1\/embeddings",method="POST",code="200"\} \d/.test(text)
    );
  });
});
