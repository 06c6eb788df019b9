import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError, type EmbeddingsRequest } from '@parley/contracts';
import {
  createOpenaiEmbeddings,
  embeddingsUsage,
  findMembers,
  UpstreamFailureError,
  vertexEmbeddings,
} from '@parley/dialects';
import type { EmbeddingsAnswer, PaidCall } from './answer.ts';
import type { Deployment } from './deployment.ts';
import { embeddingsPathOf } from './endpoint.ts';
import { UpstreamPools } from './http/pools.ts';
import { startUpstream, type ReceivedRequest, type Upstream } from './http/upstream.testing.ts';
import { invokeEmbeddings, type EmbeddingsInvocation } from './invoke-embeddings.ts';
import { deploymentAt } from './invoke.testing.ts';
import type { Provider } from './provider.ts';

const pools = new UpstreamPools();
let upstream: Upstream;
afterAll(() => pools.close());
afterEach(() => upstream?.close());

type Options = Partial<EmbeddingsInvocation> & { fields?: Partial<EmbeddingsRequest>; text?: string };

function ask(deployment: Deployment, { fields, text, ...options }: Options = {}): Promise<EmbeddingsAnswer> {
  const request = { model: 'here/model', input: 'hi', ...fields };
  const bytes = Buffer.from(text ?? JSON.stringify(request));
  const source = { bytes, members: findMembers(bytes), request: JSON.parse(bytes.toString()) as EmbeddingsRequest };
  const invocation = {
    source,
    strict: false,
    signal: new AbortController().signal,
    finished: new Map(),
    pay: () => undefined,
    estimateUsage: () => embeddingsUsage(1000),
    ...options,
  };
  const limits = { beforeHeadMs: 5000, withinBodyMs: 5000 };
  return invokeEmbeddings(pools, deployment, deployment.credentials[0], invocation, limits);
}

const embedding = (index: number, values: unknown) => ({ object: 'embedding', index, embedding: values });
const openaiAnswer = (vectors: unknown[], tokens = vectors.length) => ({
  object: 'list',
  data: vectors.map((values, index) => embedding(index, values)),
  model: 'upstream-model',
  usage: { prompt_tokens: tokens, total_tokens: tokens },
});

/** The inputs of a call in OpenAI's format. */
const inputsOf = ({ body }: ReceivedRequest): string[] => (JSON.parse(body) as { input: string[] }).input;
/** Answers every text with its own number, so that what is joined in the wrong order is seen. */
const answerNumbers = (request: ReceivedRequest): string =>
  JSON.stringify(openaiAnswer(inputsOf(request).map((text) => [Number(text), 1])));
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

/** A provider that takes two texts in a call. */
function pairsAt(url: string, more: Partial<Provider> = {}): Deployment {
  const deployment = deploymentAt(url);
  const format = createOpenaiEmbeddings({ maxInputs: 2 });
  return { ...deployment, provider: { ...deployment.provider, embeddingsFormatOf: () => format, ...more } };
}

describe('a provider that speaks OpenAI’s format', () => {
  it('gets the caller’s bytes, and its own come back as they are', async () => {
    const answer = `{ "object":"list","data":[{"object":"embedding","index":0,"embedding":[0.10, -2e-3]}],
      "model":"upstream-model","usage":{"prompt_tokens":1,"total_tokens":1} }`;
    upstream = await startUpstream((response) => response.end(answer));
    const { bytes, data, promptTokens } = await ask(deploymentAt(`${upstream.url}/v1/`), {
      text: '{"model":"here/model", "input": "h\\u0069", "odd":1}',
    });
    expect(upstream.requests).toMatchObject([
      { method: 'POST', path: '/v1/embeddings', body: '{"model":"upstream-model", "input": "h\\u0069", "odd":1}' },
    ]);
    expect(bytes?.toString()).toBe(answer);
    expect([data, promptTokens]).toEqual([[embedding(0, [0.1, -0.002])], 1]);
  });

  it('that gives numbers for base64 is helped out', async () => {
    upstream = await startUpstream((response) => response.end(JSON.stringify(openaiAnswer([[1, 0]]))));
    const { bytes, data } = await ask(deploymentAt(upstream.url), { fields: { encoding_format: 'base64' } });
    expect(bytes).toBeNull();
    expect(data).toEqual([embedding(0, Buffer.from(new Float32Array([1, 0]).buffer).toString('base64'))]);
  });

  it('that does not know `dimensions` is told on, and refused by a strict caller', async () => {
    upstream = await startUpstream((response) => response.end(JSON.stringify(openaiAnswer([[1, 0, 0]]))));
    const fields = { dimensions: 2 };
    const { losses, data } = await ask(deploymentAt(upstream.url), { fields });
    expect(losses).toMatchObject([{ param: 'dimensions', action: 'dropped' }]);
    expect(data[0]?.embedding).toHaveLength(3);
    const paid: PaidCall[] = [];
    const refused = ask(deploymentAt(upstream.url), { fields, strict: true, pay: (call) => paid.push(call) });
    await expect(refused).rejects.toMatchObject({ code: 'unsupported_parameter', details: { param: 'dimensions' } });
    // The provider has answered, and will want its money.
    expect(paid).toEqual([{ usage: embeddingsUsage(1), isEstimated: false }]);
  });

  it.each([
    ['an error status', 429, '{"error":{"message":"slow down"}}', 'provider_rate_limited'],
    ['an error inside a 200', 200, '{"error":{"message":"no"}}', 'provider_unavailable'],
    ['no JSON', 200, '<html>', 'provider_bad_answer'],
    ['too few embeddings', 200, JSON.stringify(openaiAnswer([])), 'provider_bad_answer'],
  ])('fails with %s', async (_what, status, body, code) => {
    upstream = await startUpstream((response) => response.writeHead(status).end(body));
    const failure = await ask(deploymentAt(upstream.url)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UpstreamFailureError);
    expect((failure as UpstreamFailureError).failure.code).toBe(code);
  });

  it('does not get its key told to the caller', async () => {
    upstream = await startUpstream((response, { headers }) =>
      response.writeHead(400).end(JSON.stringify({ error: { message: `bad: ${headers.authorization}` } })),
    );
    const deployment = { ...deploymentAt(upstream.url), credentials: [{ id: 'c', secret: 'open sesame' }] };
    const failure = await ask(deployment).catch((error: unknown) => error as UpstreamFailureError);
    expect(upstream.requests[0]?.headers.authorization).toBe('Bearer open sesame');
    expect((failure as UpstreamFailureError).failure.upstream.message).toBe('bad: Bearer ***');
  });
});

describe('a provider that takes fewer inputs in a call', () => {
  it('is asked several times, a few at once, and the answers are joined in order', async () => {
    let running = 0;
    let most = 0;
    upstream = await startUpstream(async (response, request) => {
      running += 1;
      most = Math.max(most, running);
      // The later calls answer first.
      await sleep(40 - Number(inputsOf(request)[0]));
      running -= 1;
      response.end(answerNumbers(request));
    });
    const { data, promptTokens, bytes } = await ask(pairsAt(upstream.url), { fields: { input: numbers(19) } });
    expect(data).toEqual(numbers(19).map((text, index) => embedding(index, [Number(text), 1])));
    expect([promptTokens, bytes, upstream.requests.length, most]).toEqual([19, null, 10, 4]);
  });

  it('is asked no more once a call failed, and a retry asks only for what is missing', async () => {
    let isBroken = true;
    upstream = await startUpstream(async (response, request) => {
      if (isBroken && inputsOf(request)[0] === '4') {
        await sleep(30);
        response.writeHead(503).end();
      } else if (isBroken && inputsOf(request)[0] === '6') return;
      else response.end(answerNumbers(request));
    });
    const deployment = pairsAt(upstream.url);
    const finished: EmbeddingsInvocation['finished'] = new Map();
    const fields = { input: numbers(100) };
    const paid: PaidCall[] = [];
    const pay = (call: PaidCall): unknown => paid.push(call);
    await expect(ask(deployment, { fields, finished, pay })).rejects.toThrow('provider_unavailable');
    const askedFirst = upstream.requests.length;
    const answered = Object.keys(finished.get(deployment.id)!).length;
    await sleep(50);
    expect(upstream.requests).toHaveLength(askedFirst);
    expect(paid).toHaveLength(answered);
    isBroken = false;
    const { data, promptTokens } = await ask(deployment, { fields, finished, pay });
    expect(upstream.requests.length - askedFirst).toBe(50 - answered);
    expect([data.length, data.at(-1), promptTokens]).toEqual([100, embedding(99, [99, 1]), 100]);
    expect(paid).toEqual(Array<PaidCall>(50).fill({ usage: embeddingsUsage(2), isEstimated: false }));
  });

  it('is left at once when the caller leaves', async () => {
    upstream = await startUpstream(() => undefined);
    const caller = new AbortController();
    const reason = new GatewayError('client_closed_request');
    const asked = ask(pairsAt(upstream.url), { fields: { input: numbers(30) }, signal: caller.signal });
    while (upstream.requests.length < 4) await sleep(5);
    caller.abort(reason);
    await expect(asked).rejects.toBe(reason);
    while (upstream.sockets.size > 0) await sleep(5);
    expect(upstream.requests).toHaveLength(4);
  });

  it('is not asked at all for what it cannot do', async () => {
    upstream = await startUpstream((response) => response.end());
    const deployment = deploymentAt(upstream.url, 'google', 'gemini-embedding-001');
    const tokens = ask(deployment, { fields: { input: [[1], [2]] } });
    await expect(tokens).rejects.toMatchObject({ code: 'unsupported_parameter', details: { param: 'input' } });
    const strict = ask(deployment, { fields: { user: 'u' }, strict: true });
    await expect(strict).rejects.toMatchObject({ code: 'unsupported_parameter', details: { param: 'user' } });
    const none = ask(deploymentAt(upstream.url, 'anthropic-compatible'));
    await expect(none).rejects.toMatchObject({ code: 'model_unavailable' });
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('Google', () => {
  it('gets a request for each text, a hundred in a call', async () => {
    upstream = await startUpstream((response, { body }) => {
      const { requests } = JSON.parse(body) as { requests: unknown[] };
      response.end(JSON.stringify({ embeddings: requests.map(() => ({ values: [1, 0] })) }));
    });
    const deployment = deploymentAt(upstream.url, 'google', 'gemini-embedding-001');
    const paid: PaidCall[] = [];
    const { data, promptTokens, losses } = await ask(deployment, {
      fields: { input: numbers(250), user: 'u' },
      pay: (call) => paid.push(call),
      estimateUsage: ({ input }) => embeddingsUsage(input.length),
    });
    expect(upstream.requests.map(({ path }) => path)).toEqual(
      Array<string>(3).fill('/v1beta/models/gemini-embedding-001:batchEmbedContents'),
    );
    expect([data.length, promptTokens]).toEqual([250, 250]);
    expect(paid).toHaveLength(3);
    expect(paid).toContainEqual({ usage: embeddingsUsage(50), isEstimated: true });
    expect(losses).toMatchObject([{ param: 'user', action: 'dropped' }]);
  });
});

describe('the path of the calls', () => {
  const at = (provider: Partial<Provider>, baseUrl = 'https://host.test/base/') => {
    const deployment = deploymentAt(baseUrl, 'google', 'models/a:b/c');
    return { ...deployment, provider: { ...deployment.provider, ...provider } };
  };

  it.each([
    ['openai', '/base/embeddings'],
    ['gemini', '/base/v1beta/models/a%3Ab%2Fc:batchEmbedContents'],
    ['vertex-predict', '/base/publishers/google/models/a%3Ab%2Fc:predict'],
    ['vertex-embed-content', '/base/publishers/google/models/a%3Ab%2Fc:embedContent'],
    ['bedrock-invoke', '/base/model/a%3Ab%2Fc/invoke'],
    ['cohere', '/base/v2/embed'],
    ['ollama', '/base/api/embed'],
  ] as const)('follows from the format %s', (format, path) => {
    expect(embeddingsPathOf(at({}), format)).toBe(path);
  });

  it('is the provider’s own where it has one', () => {
    const provider: Partial<Provider> = {
      embeddingsFormatOf: vertexEmbeddings,
      paths: (_dialect, model, { options }) => ({
        whole: '/whole',
        stream: '/stream',
        embeddings: `/projects/${options.project}/${model}`,
      }),
    };
    const deployment = { ...at(provider), options: { project: 'mine' } };
    expect(embeddingsPathOf(deployment, 'vertex-predict')).toBe('/base/projects/mine/a%3Ab%2Fc');
  });
});
