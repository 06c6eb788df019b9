import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenAI } from 'openai';
import { asking, postChat, readError, readStream, textOf } from './support/chat-client.ts';
import { foldStream } from './support/fold-stream.ts';
import { openManagement } from './support/management-client.ts';
import { readEcho } from './support/simulated-gateway.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';
import { eventually } from './support/stream-client.ts';

const PIXEL = 'data:image/png;base64,aGVsbG8=';
const BOOK: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'book',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

let simulator: SimulatorProcess;
let gateway: TestGateway;
let openai: OpenAI;
beforeAll(async () => {
  simulator = await startSimulatorProcess();
  const { url } = simulator;
  gateway = await startTestGateway({
    connections: [
      {
        name: 'ollama',
        provider: 'ollama',
        baseUrl: `${url}/ollama`,
        apiKeys: [],
        models: [{ name: 'small' }, { name: 'native', dialect: 'ollama-chat' }],
      },
      {
        name: 'cohere',
        provider: 'cohere',
        baseUrl: `${url}/cohere`,
        models: [{ name: 'small', pricing: { input: '1', output: '2', cached_input: '0.1' } }],
      },
    ],
  });
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.adminKey, maxRetries: 0 });
});
afterAll(async () => {
  await gateway?.close();
  await simulator?.close();
});

const echoOf = async (model: string, fields: object) => {
  const request = { model, messages: [{ role: 'user', content: '[[sim:echo]]' }], ...fields };
  const response = await postChat(gateway, request);
  const { choices } = (await response.json()) as OpenAI.ChatCompletion;
  return { echo: readEcho(choices[0]?.message.content), losses: response.headers.get('x-parley-losses') };
};

const rowOf = async (requestId: string | null) => {
  await eventually('the call is in the ledger', async () => {
    await gateway.runtime.ledger.flush();
    return (await gateway.runtime.stores.usage.find(requestId!)) !== undefined;
  });
  return (await gateway.runtime.stores.usage.find(requestId!))!;
};

describe.each(['ollama/small', 'ollama/native', 'cohere/small'])('%s', (model) => {
  const say = (content: string, fields: object = {}) => postChat(gateway, asking(model, content, fields));
  const stream = async (content: string, fields: object = {}) =>
    readStream(await say(content, { stream: true, stream_options: { include_usage: true }, ...fields }));

  it('answers the same in a stream as whole, with its usage', async () => {
    const seen = foldStream(await stream('[[sim:usage 100 20]] [[sim:unicode]]'));
    const whole = await openai.chat.completions.create({
      model,
      messages: [{ role: 'user', content: '[[sim:usage 100 20]] [[sim:unicode]]' }],
    });
    expect(seen.choices[0]!.text).toBe(whole.choices[0]?.message.content);
    expect(seen.choices[0]!.text).toContain('👋🏽');
    expect(seen.choices[0]!.finish).toBe('stop');
    for (const usage of [seen.usage, whole.usage]) {
      expect(usage).toMatchObject({ prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 });
    }
  });

  it('calls a tool in a stream, and goes on with its result', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: '[[sim:tools]]' }];
    const request = { model, tools: [BOOK] };
    const { choices } = await openai.chat.completions.stream({ ...request, messages }).finalChatCompletion();
    const { message, finish_reason } = choices[0]!;
    expect(finish_reason).toBe('tool_calls');
    expect(message.tool_calls).toMatchObject([{ function: { name: 'book', arguments: '{"city":"sample"}' } }]);
    const result = { role: 'tool' as const, tool_call_id: message.tool_calls![0]!.id, content: 'booked' };
    const next = await openai.chat.completions.create({ ...request, messages: [...messages, message, result] });
    expect(next.choices[0]?.message.content).toBe('book: booked');
  });

  it('calls three tools side by side, each with an id of its own', async () => {
    const [choice] = foldStream(await stream('[[sim:parallel]]', { tools: [BOOK] })).choices;
    expect(choice!.calls.map(({ name }) => name)).toEqual(['book', 'book', 'book']);
    expect(new Set(choice!.calls.map(({ id }) => id)).size).toBe(3);
  });

  it('tells what it thought apart from what it says', async () => {
    const [choice] = foldStream(await stream('[[sim:reasoning]] Hi')).choices;
    expect(choice).toMatchObject({ text: 'You said: Hi', reasoning: expect.stringContaining('Let me think.') });
  });

  it('reads images and answers by a schema', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const content = [
      { type: 'text', text: '[[sim:echo]]' },
      { type: 'image_url', image_url: { url: PIXEL } },
    ];
    const { echo } = await echoOf(model, { messages: [{ role: 'user', content }] });
    expect(echo.images).toMatchObject([{ bytes: 5 }]);
    const format = { response_format: { type: 'json_schema', json_schema: { name: 'place', schema } } };
    expect(textOf(await stream('Where?', format))).toBe('{"city":"sample"}');
  });

  it('fails as the provider failed, before the stream and inside of it', async () => {
    const missing = await postChat(gateway, asking(`${model.split('/')[0]}/missing`, 'Hi'));
    expect([missing.status, (await readError(missing)).code]).toEqual([404, 'model_not_found']);
    const limited = await say('[[sim:error 429 3600]]');
    expect([limited.status, (await readError(limited)).code]).toEqual([429, 'provider_rate_limited']);
    const failed = await stream('[[sim:fail 2]] a b c d');
    expect(failed).toMatchObject({ done: false, error: { code: 'provider_unavailable' } });
    const cut = await stream('[[sim:cut 2]] a b c d');
    expect(cut).toMatchObject({ done: false, error: { code: 'upstream_incomplete' } });
    expect(textOf(cut)).toBe('You said:');
  });
});

describe("Ollama's own format", () => {
  it("carries sampling as options, with Ollama's own among them", async () => {
    const { echo, losses } = await echoOf('ollama/native', {
      max_tokens: 9,
      seed: 7,
      stop: 'END',
      options: { num_ctx: 8192 },
      keep_alive: '5m',
    });
    expect(echo).toMatchObject({
      dialect: 'ollama',
      params: { options: { num_predict: 9, seed: 7, stop: ['END'], num_ctx: 8192 }, keep_alive: '5m' },
    });
    expect(losses).toBeNull();
  });

  it('refuses an image that it would have to fetch, and says which', async () => {
    const content = [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }];
    const refused = await postChat(gateway, { model: 'ollama/native', messages: [{ role: 'user', content }] });
    expect([refused.status, await readError(refused)]).toMatchObject([
      400,
      { code: 'unsupported_parameter', param: 'messages.0.content.0' },
    ]);
  });

  it('is spoken only where a row says so', async () => {
    expect((await echoOf('ollama/small', {})).echo.dialect).toBe('openai');
  });

  it('costs nobody knows what', async () => {
    const response = await postChat(gateway, asking('ollama/native', '[[sim:usage 100 20]]'));
    await response.text();
    expect(await rowOf(response.headers.get('x-request-id'))).toMatchObject({
      inputTokens: 100,
      outputTokens: 20,
      costNanoUsd: null,
      unpriced: true,
      estimated: false,
    });
  });
});

describe("Cohere's format", () => {
  it('carries what Cohere calls otherwise, forces a tool, and passes documents on', async () => {
    const documents = [{ id: 'd', data: { text: 'facts' } }];
    const fields = { top_p: 0.5, top_k: 4, stop: ['END'], max_completion_tokens: 9, documents };
    const { echo } = await echoOf('cohere/small', { ...fields, tools: [BOOK], tool_choice: 'none' });
    expect(echo).toMatchObject({
      dialect: 'cohere',
      toolChoice: 'NONE',
      params: { p: 0.5, k: 4, stop_sequences: ['END'], max_tokens: 9, documents },
    });
    const forced = await openai.chat.completions.create({
      model: 'cohere/small',
      messages: [{ role: 'user', content: 'Hi' }],
      tools: [BOOK],
      tool_choice: { type: 'function', function: { name: 'book' } },
    });
    expect(forced.choices[0]).toMatchObject({ finish_reason: 'tool_calls' });
  });

  it('tells the tokens that Cohere counted, and is priced by those that it bills', async () => {
    const content = '[[sim:reasoning]] [[sim:usage 1000 300 100 50]]';
    const response = await postChat(gateway, asking('cohere/small', content, { stream: true }));
    await response.text();
    expect(await rowOf(response.headers.get('x-request-id'))).toMatchObject({
      inputTokens: 1000,
      cachedInputTokens: 100,
      outputTokens: 300,
      reasoningTokens: 50,
      costNanoUsd: 1000 * 1000 + 300 * 2000,
    });
  });
});

describe.each(['ollama', 'cohere'])('the connection to %s', (name) => {
  it('passes its test and lists its models', async () => {
    const api = openManagement(gateway);
    const { body } = await api<{ ok: boolean }>('POST', `/api/monitoring/providers/${name}/test`);
    expect(body).toMatchObject({ ok: true, steps: ['dns', 'tls', 'auth', 'models', 'call'].map((step) => ({ step })) });
    const models = await api<{ data: { id: string }[] }>('GET', `/api/monitoring/providers/${name}/models`);
    expect(JSON.stringify(models.body)).toContain('large');
  });
});
