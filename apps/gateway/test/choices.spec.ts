import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChatCompletion, ChatUsage } from '@parley/contracts';
import type { UsageRow } from '@parley/persistence';
import { asking, postChat, readCompletion, readError, readStream, textOf } from './support/chat-client.ts';
import { addAlias, addConnection, addKey } from './support/configuration.ts';
import { answerOf, foldStream } from './support/fold-stream.ts';
import { postGemini, readAnswer, readEvents, saying, type GeminiAnswer } from './support/gemini-client.ts';
import { startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';
import { eventually, openStream } from './support/stream-client.ts';
import { chatCompletion, chatEvent, DONE, sendJson, startUpstream, tokens, type Upstream } from './support/upstream.ts';

const DOLLARS = { input: '1', output: '2', cached_input: '0.1' };

let gateway: SimulatedGateway;
let upstream: Upstream;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
  upstream = await startUpstream();
  const { runtime, simulator } = gateway;
  const priced = [{ name: 'small', pricing: DOLLARS }];
  const { url } = simulator;
  await addConnection(runtime, { name: 'bedrock', provider: 'bedrock', baseUrl: `${url}/bedrock`, models: priced });
  const native = [{ name: 'small', dialect: 'ollama-chat' as const, pricing: DOLLARS }];
  await addConnection(runtime, { name: 'ollama', provider: 'ollama', baseUrl: `${url}/ollama`, models: native });
  await addConnection(runtime, { name: 'cohere', provider: 'cohere', baseUrl: `${url}/cohere`, models: priced });
  const models = [{ name: 'm', pricing: DOLLARS }];
  await addConnection(runtime, { name: 'groq', provider: 'groq', baseUrl: upstream.url, models });
  await addAlias(runtime, 'both', ['groq/m', 'anthropic/small']);
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});
beforeEach(async () => {
  gateway.runtime.resetHealth('groq');
  upstream.requests.splice(0);
  await gateway.simulator.reset();
});

async function rowOf(response: Response): Promise<UsageRow> {
  let row: UsageRow | undefined;
  await eventually('the call is in the ledger', async () => {
    await gateway.runtime.ledger.flush();
    row = await gateway.runtime.stores.usage.find(response.headers.get('x-request-id')!);
    return row !== undefined;
  });
  return row!;
}

/** 100 tokens at $1 and 20 at $2 a million, three times, in billionths of a dollar. */
const COST_OF_THREE = 3 * (100_000 + 40_000);

describe.each(['anthropic', 'google', 'bedrock', 'ollama', 'cohere'])('three choices of %s', (connection) => {
  const asked = asking(`${connection}/small`, '[[sim:usage 100 20]] Hi', { n: 3 });
  const said = { text: 'You said: Hi', finish: 'stop' };

  it('are one whole answer of three calls, with their tokens and their cost', async () => {
    const response = await postChat(gateway, asked);
    const answer = answerOf(await readCompletion(response));
    expect(answer.choices).toMatchObject([said, said, said]);
    expect(answer.usage).toMatchObject(tokens(300, 60));
    expect(response.headers.get('x-parley-losses')).toBe('n=emulated');
    expect(response.headers.get('x-parley-cost-usd')).toBe('0.00042');
    expect(await gateway.simulator.journal()).toHaveLength(3);
    expect(await rowOf(response)).toMatchObject({
      inputTokens: 300,
      outputTokens: 60,
      costNanoUsd: COST_OF_THREE,
      estimated: false,
      attempts: [{ outcome: 'success', usage: { input_tokens: 300 }, cost_nano_usd: COST_OF_THREE }],
    });
  });

  it('are one stream of three calls, with one id and usage once', async () => {
    const streaming = { ...asked, stream: true, stream_options: { include_usage: true } };
    const response = await postChat(gateway, streaming, { headers: { 'x-parley-strict': '1' } });
    const answer = foldStream(await readStream(response));
    expect(answer.choices).toMatchObject([said, said, said]);
    expect(answer.usage).toMatchObject(tokens(300, 60));
    expect(response.headers.get('x-parley-losses')).toBe('n=emulated');
    expect(await gateway.simulator.journal()).toHaveLength(3);
    const row = { mode: 'stream', outcome: 'success', inputTokens: 300, costNanoUsd: COST_OF_THREE };
    expect(await rowOf(response)).toMatchObject(row);
  });
});

describe('several choices of Anthropic', () => {
  it.each([false, true])('have their own calls of tools (stream: %s)', async (stream) => {
    const fields = { n: 2, stream, tools: [{ type: 'function', function: { name: 'book', parameters: {} } }] };
    const response = await postChat(gateway, asking('anthropic/small', '[[sim:tools]]', fields));
    const answer = stream ? foldStream(await readStream(response)) : answerOf(await readCompletion(response));
    expect(answer.choices).toMatchObject([
      { finish: 'tool_calls', calls: [{ name: 'book' }] },
      { finish: 'tool_calls', calls: [{ name: 'book' }] },
    ]);
    expect(new Set(answer.choices.map(({ calls }) => calls[0]!.id)).size).toBe(2);
  });

  it('are counted where the provider counts nothing, each prompt by itself', async () => {
    const one = asking('anthropic/small', '[[sim:no-usage]] Hi');
    let usage: ChatUsage | null | undefined;
    let response: Response;
    // The tokenizer comes a moment after it was first needed, and until then characters are counted.
    await eventually('three choices count three times what one counts', async () => {
      const single = (await readCompletion(await postChat(gateway, one))).usage!;
      response = await postChat(gateway, { ...one, n: 3 });
      usage = (await readCompletion(response)).usage;
      return (
        usage?.prompt_tokens === 3 * single.prompt_tokens && usage.completion_tokens === 3 * single.completion_tokens
      );
    });
    expect(await rowOf(response!)).toMatchObject({ estimated: true, inputTokens: usage!.prompt_tokens });
  });

  it('are refused beyond 16, and nobody is asked', async () => {
    const response = await postChat(gateway, asking('anthropic/small', 'Hi', { n: 17 }));
    expect(response.status).toBe(400);
    expect(await readError(response)).toMatchObject({ code: 'invalid_request', param: 'n' });
    expect(await gateway.simulator.journal()).toEqual([]);
  });

  it('count as one request among the limits of a key', async () => {
    const { secret: key } = await addKey(gateway.runtime, { rpm: 2, maxParallel: 1 });
    for (const status of [200, 200, 429]) {
      const response = await postChat(gateway, asking('anthropic/small', 'Hi', { n: 4 }), { key });
      await response.text();
      expect(response.status).toBe(status);
    }
  });

  it('end together when their time is up', async () => {
    const headers = { 'x-parley-timeout-ms': '200' };
    const response = await postChat(gateway, asking('anthropic/small', '[[sim:hang]]', { n: 3 }), { headers });
    expect(await readError(response)).toMatchObject({ code: 'deadline_exceeded' });
    await eventually('the simulator sees all three calls left', async () => {
      const journal = await gateway.simulator.journal();
      return journal.filter(({ aborted }) => aborted).length === 3;
    });
  });
});

describe('several choices of a vendor whose calls give one', () => {
  /** Answers call by call, in the order in which they come. */
  const answering = (...answers: (string | number)[]): void => {
    let count = 0;
    upstream.script = (request, response) => {
      const answer = answers[Math.min(count, answers.length - 1)]!;
      count += 1;
      const script =
        typeof answer === 'number'
          ? sendJson({ error: { message: 'broken' } }, answer)
          : sendJson(chatCompletion(answer, tokens(100, 20)));
      return script(request, response);
    };
  };
  const bodies = () => upstream.requests.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);
  const contents = ({ choices }: ChatCompletion): string[] =>
    choices.map(({ message }) => message.content ?? '').sort();

  it('are asked for with the client’s bytes, each without `n` and with a seed of its own', async () => {
    answering('a', 'b');
    await postChat(gateway, asking('groq/m', 'Hi', { n: 2, seed: 40, compound_custom: { x: 1 } }));
    expect(bodies().sort((one, other) => Number(other['seed']) - Number(one['seed']))).toEqual(
      [40, 39].map((seed) => ({
        model: 'm',
        messages: [{ role: 'user', content: 'Hi' }],
        seed,
        compound_custom: { x: 1 },
      })),
    );
  });

  it('are not asked for again when another one fails, and every answer is paid for once', async () => {
    answering('a', 500, 'b', 'c');
    const response = await postChat(gateway, asking('groq/m', 'Hi', { n: 3 }));
    const completion = await readCompletion(response);
    expect(contents(completion)).toEqual(['a', 'b', 'c']);
    expect(completion.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect([upstream.requests.length, response.headers.get('x-parley-attempts')]).toEqual([4, '2']);
    expect(completion.usage).toMatchObject(tokens(300, 60));
    expect(response.headers.get('x-parley-cost-usd')).toBe('0.00042');
    expect(await rowOf(response)).toMatchObject({
      inputTokens: 300,
      costNanoUsd: COST_OF_THREE,
      attempts: [
        { outcome: 'error', status: 500, usage: { input_tokens: 200 } },
        { outcome: 'success', status: 200, usage: { input_tokens: 100 } },
      ],
    });
  });

  it('are paid for as far as they came when the call fails as a whole', async () => {
    answering('a', 400);
    const response = await postChat(gateway, asking('groq/m', 'Hi', { n: 2 }));
    expect(response.status).toBe(400);
    expect(await rowOf(response)).toMatchObject({ outcome: 'rejected', inputTokens: 100, costNanoUsd: 140_000 });
  });

  it('are paid for at the deployment that gave them when another one answers in the end', async () => {
    answering('a', 401);
    const response = await postChat(gateway, asking('both', '[[sim:usage 100 20]] Hi', { n: 2 }));
    expect((await readCompletion(response)).choices).toHaveLength(2);
    expect(response.headers.get('x-parley-model')).toBe('anthropic/small');
    expect(await rowOf(response)).toMatchObject({
      inputTokens: 300,
      costNanoUsd: COST_OF_THREE,
      attempts: [
        { deployment: 'groq/m', outcome: 'error', usage: { input_tokens: 100 } },
        { deployment: 'anthropic/small', outcome: 'success', usage: { input_tokens: 200 } },
      ],
    });
  });

  it('begin anew, unseen, when a stream fails before all have begun', async () => {
    let count = 0;
    upstream.script = (request, response) => {
      count += 1;
      if (count === 2) return sendJson({ error: { message: 'broken' } }, 500)(request, response);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void response.end([chatEvent({ content: String(count) }), chatEvent({}, 'stop'), DONE].join(''));
    };
    const response = await postChat(gateway, asking('groq/m', 'Hi', { n: 2, stream: true }));
    const seen = await readStream(response);
    expect(foldStream(seen).choices).toHaveLength(2);
    expect([textOf(seen, 0), textOf(seen, 1)].sort()).toEqual(['3', '4']);
    expect(response.headers.get('x-parley-attempts')).toBe('2');
  });

  it('end with an error and without [DONE] when a stream breaks off in the middle', async () => {
    let count = 0;
    upstream.script = (request, response) => {
      count += 1;
      const breaks = count === 2;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chatEvent({ content: 'Hello' }));
      if (breaks) setTimeout(() => response.destroy(), 100);
    };
    const response = await postChat(gateway, asking('groq/m', 'Hi', { n: 3, stream: true }));
    const seen = await readStream(response);
    expect([seen.done, seen.error?.code]).toEqual([false, 'upstream_incomplete']);
    expect([0, 1, 2].map((index) => textOf(seen, index))).toEqual(['Hello', 'Hello', 'Hello']);
    const overs = await Promise.all(upstream.requests.map(({ over }) => over));
    expect(overs.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    expect(await rowOf(response)).toMatchObject({ outcome: 'error', estimated: true });
  });

  it.each([true, false])('are all given up when the client leaves (stream: %s)', async (stream) => {
    upstream.script = (_request, response) => {
      response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
      response.write(stream ? chatEvent({ content: 'Hello' }) : '{');
    };
    const { request, head } = openStream(gateway, asking('groq/m', 'Hi', { n: 3, stream }));
    if (stream) (await head).resume();
    await eventually('all three calls are made', () => upstream.requests.length === 3);
    request.destroy();
    const overs = await Promise.all(upstream.requests.map(({ over }) => over));
    expect(overs.map(({ aborted }) => aborted)).toEqual([true, true, true]);
  });
});

describe('a Gemini client', () => {
  const texts = (answers: readonly GeminiAnswer[], index: number): string =>
    answers
      .flatMap(({ candidates }) => candidates.filter((candidate) => candidate.index === index))
      .flatMap(({ content }) => content.parts.map(({ text = '' }) => text))
      .join('');
  const asked = saying('[[sim:usage 100 20]] Hi', { generationConfig: { candidateCount: 2 } });

  it.each(['anthropic/small', 'google/small', 'openai/small'])('gets several candidates of %s', async (model) => {
    const answer = await readAnswer(await postGemini(gateway, `models/${model}:generateContent`, asked));
    expect([texts([answer], 0), texts([answer], 1)]).toEqual(['You said: Hi', 'You said: Hi']);
    expect(answer.candidates.map(({ finishReason }) => finishReason)).toEqual(['STOP', 'STOP']);
  });

  it.each(['anthropic/small', 'google/small', 'openai/small'])('streams several candidates of %s', async (model) => {
    const response = await postGemini(gateway, `models/${model}:streamGenerateContent?alt=sse`, asked);
    const answers = await readEvents(response);
    expect([texts(answers, 0), texts(answers, 1)]).toEqual(['You said: Hi', 'You said: Hi']);
    const finishes = answers.flatMap(({ candidates }) => candidates.flatMap(({ finishReason }) => finishReason ?? []));
    expect(finishes).toEqual(['STOP', 'STOP']);
    const prompt = model.startsWith('openai') ? 100 : 200;
    expect(answers.at(-1)?.usageMetadata).toMatchObject({ promptTokenCount: prompt });
    expect(new Set(answers.map(({ responseId }) => responseId)).size).toBe(1);
  });

  it('keeps what only Gemini knows when Gemini is asked several times', async () => {
    const safetySettings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }];
    const body = saying('[[sim:echo]]', { generationConfig: { candidateCount: 2, seed: 5 }, safetySettings });
    const response = await postGemini(gateway, 'models/google/small:streamGenerateContent?alt=sse', body);
    const answers = await readEvents(response);
    const seeds = [0, 1].map((index) => /"seed":(\d)/.exec(texts(answers, index))?.[1]);
    expect(seeds).toEqual(['5', '4']);
    expect(response.headers.get('x-parley-losses')).toBe('generationConfig.candidateCount=emulated');
  });
});
