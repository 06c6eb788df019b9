import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenAI } from 'openai';
import { asking, postChat, readCompletion, readError, readStream } from './support/chat-client.ts';
import type { ConnectionSetup } from './support/configuration.ts';
import { answerOf, foldStream } from './support/fold-stream.ts';
import { openManagement } from './support/management-client.ts';
import { readEcho } from './support/simulated-gateway.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

const PROJECT = { project: 'a-project', location: 'europe-west4' };
const TOOLS = [
  {
    type: 'function' as const,
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];
const PIXEL = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };

/** A deployment behind each kind of address and credential, and the dialect that it is spoken to in. */
const MODELS: [model: string, dialect: string][] = [
  ['azure/small', 'openai'],
  ['azure-by-deployment/small', 'openai'],
  ['vertex/small', 'gemini'],
  ['vertex/claude-small@20260101', 'anthropic'],
  ['vertex/anthropic/claude-small', 'anthropic'],
  ['copilot/small', 'openai'],
];

const connectionsAt = (url: string): ConnectionSetup[] => [
  { name: 'azure', provider: 'azure', baseUrl: `${url}/azure` },
  { name: 'azure-by-deployment', provider: 'azure', baseUrl: `${url}/azure/openai/v1`, options: { api_version: '1' } },
  { name: 'vertex', provider: 'vertex', baseUrl: `${url}/vertex`, options: PROJECT, models: [{ name: 'small' }] },
  { name: 'copilot', provider: 'github-copilot', baseUrl: `${url}/copilot`, apiKeys: ['gho_usual'] },
  { name: 'copilot-short', provider: 'github-copilot', baseUrl: `${url}/copilot`, apiKeys: ['gho_life-2'] },
  ...['azure', 'vertex', 'github-copilot'].map((provider) => ({
    name: `${provider}-refused`,
    provider,
    baseUrl: `${url}/${provider.replace('github-', '')}`,
    apiKeys: ['sk-simulator-bad'],
    options: PROJECT,
  })),
  { name: 'vertex-alone', provider: 'vertex', baseUrl: `${url}/vertex`, apiKeys: [], options: PROJECT },
];

let simulator: SimulatorProcess;
let gateway: TestGateway;
let openai: OpenAI;
beforeAll(async () => {
  simulator = await startSimulatorProcess();
  gateway = await startTestGateway({ connections: connectionsAt(simulator.url) });
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.adminKey, maxRetries: 0 });
});
afterAll(async () => {
  await gateway?.close();
  await simulator?.close();
});
beforeEach(() => simulator.reset());

describe.each(MODELS)('chat with %s', (model, dialect) => {
  it('is the same whole and streamed, with usage', async () => {
    const ask = (fields: object) => postChat(gateway, asking(model, '[[sim:usage 100 20 80]] Hello', fields));
    const whole = answerOf(await readCompletion(await ask({})));
    const streamed = foldStream(await readStream(await ask({ stream: true, stream_options: { include_usage: true } })));
    expect(whole.choices[0]).toMatchObject({ text: 'You said: Hello', finish: 'stop' });
    expect(streamed.choices).toEqual(whole.choices);
    expect(streamed.usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 20 });
    expect((await simulator.journal()).at(-1)).toMatchObject({ dialect, status: 200, stream: true });
  });

  it('calls a tool in a stream, and goes on with its result', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: '[[sim:tools]] weather?' }];
    const first = await openai.chat.completions.stream({ model, messages, tools: TOOLS }).finalChatCompletion();
    const { message, finish_reason: finish } = first.choices[0]!;
    expect(finish).toBe('tool_calls');
    expect(message.tool_calls).toMatchObject([{ function: { name: 'weather', arguments: '{"city":"sample"}' } }]);
    messages.push(message, { role: 'tool', tool_call_id: message.tool_calls![0]!.id, content: 'rain' });
    const second = await openai.chat.completions.stream({ model, messages, tools: TOOLS }).finalChatCompletion();
    expect(second.choices[0]?.message.content).toBe('weather: rain');
  });

  it('reads images and asks for a structure', async () => {
    const content = [{ type: 'text' as const, text: '[[sim:echo]]' }, PIXEL];
    const { choices } = await openai.chat.completions.create({ model, messages: [{ role: 'user', content }] });
    expect(readEcho(choices[0]?.message.content)).toMatchObject({ dialect, images: [{ mime: 'image/png' }] });
    const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
    const format = { type: 'json_schema', json_schema: { name: 'x', schema } };
    const answer = await readCompletion(await postChat(gateway, asking(model, 'Hi', { response_format: format })));
    expect(JSON.parse(answer.choices[0]!.message.content!)).toEqual({ a: 1 });
  });

  it('tells that there is no such model', async () => {
    const missing = model.replace('small', 'missing');
    const response = await postChat(gateway, asking(missing, 'Hi'));
    expect([response.status, (await readError(response)).code]).toEqual([404, 'model_not_found']);
  });
});

describe('a cloud', () => {
  it.each(['azure-refused', 'vertex-refused', 'github-copilot-refused', 'vertex-alone'])(
    'that takes no such caller (%s) is told as provider_auth_failed',
    async (connection) => {
      const response = await postChat(gateway, asking(`${connection}/small`, 'Hi', { stream: true }));
      const error = await readError(response);
      expect([response.status, error.code]).toEqual([502, 'provider_auth_failed']);
      expect(JSON.stringify(error)).not.toContain('sk-simulator-bad');
    },
  );

  it.each(['azure', 'vertex', 'copilot'])('passes the connection test (%s)', async (connection) => {
    const ask = openManagement(gateway);
    const { body } = await ask<{ ok: boolean; steps: { step: string; ok: boolean }[] }>(
      'POST',
      `/api/monitoring/providers/${connection}/test`,
    );
    expect(body.steps.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('wants a project before it takes a connection', async () => {
    const ask = openManagement(gateway);
    const answer = await ask<{ error: { param: string } }>('POST', '/api/providers', { name: 'x', provider: 'vertex' });
    expect([answer.status, answer.body.error.param]).toEqual([400, 'options.project']);
  });
});

describe('the cost of a call', () => {
  it.each([
    ['azure/gpt-4o', true],
    ['azure/our-own-name', false],
    ['vertex/gemini-2.5-flash', true],
    ['vertex/claude-opus-4-6', true],
    ['copilot/gpt-4o', false],
  ])('of %s is known: %s', async (model, isKnown) => {
    const response = await postChat(gateway, asking(model, '[[sim:usage 100 20]]'));
    await readCompletion(response);
    const { ledger, stores } = gateway.runtime;
    await ledger.flush();
    const row = await stores.usage.find(response.headers.get('x-request-id')!);
    expect(row).toMatchObject({ inputTokens: 100, outputTokens: 20, unpriced: !isKnown });
    if (isKnown) expect(row!.costNanoUsd).toBeGreaterThan(0);
    else expect(row!.costNanoUsd).toBeNull();
  });
});

describe('Copilot’s token', () => {
  const exchanges = async () => (await simulator.journal()).filter(({ model }) => model === null);
  const ask = async (model: string) => readCompletion(await postChat(gateway, asking(model, 'Hi')));

  it('is fetched once for many calls, and again before it is worth nothing', async () => {
    await Promise.all(Array.from({ length: 10 }, () => ask('copilot-short/small')));
    expect(await exchanges()).toHaveLength(1);
    for (let call = 0; call < 25; call += 1) {
      await ask('copilot-short/small');
      await sleep(100);
    }
    expect((await simulator.journal()).every(({ status }) => status === 200)).toBe(true);
    expect((await exchanges()).length).toBeGreaterThan(1);
  });
});
