import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asking, postChat, readCompletion, readError, readStream, type SeenStream } from './support/chat-client.ts';
import { answerOf, foldStream, type SeenAnswer } from './support/fold-stream.ts';
import { openManagement } from './support/management-client.ts';
import { readEcho, type Echo } from './support/simulated-gateway.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

/** An id as Bedrock has them, and one that reasons. */
const MODEL = 'bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0';
const LARGE = 'bedrock/large';
const AT_ONCE = '[[sim:slow 0]] [[sim:drip 0]]';
const ACCESS_KEYS = JSON.stringify({ access_key_id: 'AKIDEXAMPLE', secret_access_key: 'a-secret-access-key' });
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const TOOLS = ['weather', 'news'].map((name) => ({ type: 'function', function: { name, parameters } }));

let simulator: SimulatorProcess;
let gateway: TestGateway;
beforeAll(async () => {
  simulator = await startSimulatorProcess();
  const baseUrl = `${simulator.url}/bedrock`;
  gateway = await startTestGateway({
    connections: [
      {
        name: 'bedrock',
        provider: 'bedrock',
        baseUrl,
        models: [{ name: 'large', capabilities: { reasoning: 'budget', json_schema: true } }],
      },
      { name: 'bad', provider: 'bedrock', baseUrl, apiKeys: ['sk-simulator-bad'] },
      { name: 'regionless', provider: 'bedrock', baseUrl, apiKeys: [ACCESS_KEYS] },
    ],
  });
});
afterAll(async () => {
  await gateway?.close();
  await simulator?.close();
});

async function askFor(request: object, stream: boolean): Promise<SeenAnswer> {
  const response = await postChat(gateway, {
    ...request,
    stream,
    ...(stream && { stream_options: { include_usage: true } }),
  });
  return stream ? foldStream(await readStream(response)) : answerOf(await readCompletion(response));
}

const echoOf = async (fields: object, model = MODEL): Promise<Echo> =>
  readEcho((await askFor(asking(model, `[[sim:echo]] ${AT_ONCE}`, fields), false)).choices[0]?.text);

async function streamOf(prompt: string): Promise<SeenStream> {
  return readStream(await postChat(gateway, asking(MODEL, prompt, { stream: true })));
}

describe.each([true, false])('Bedrock (stream: %s)', (stream) => {
  it('answers, with usage that counts the cache in', async () => {
    const answer = await askFor(asking(MODEL, '[[sim:unicode]] [[sim:usage 100 30 40]]'), stream);
    expect(answer.choices[0]?.text).toContain('日本語');
    expect(answer.choices[0]?.finish).toBe('stop');
    expect(answer.usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 30,
      prompt_tokens_details: { cached_tokens: 40 },
    });
  });

  it('calls tools, and answers their results', async () => {
    const request = asking(MODEL, '[[sim:parallel]]', { tools: TOOLS }) as { messages: object[] };
    const [choice] = (await askFor(request, stream)).choices;
    expect(choice).toMatchObject({ finish: 'tool_calls', text: '' });
    expect(choice?.calls.map(({ name, arguments: given }) => [name, given])).toEqual([
      ['weather', '{"city":"sample"}'],
      ['news', '{"city":"sample"}'],
      ['weather', '{"city":"sample"}'],
    ]);
    const calls = choice!.calls.map(({ id, ...called }) => ({ id, type: 'function', function: called }));
    const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'fine' }));
    const messages = [...request.messages, { role: 'assistant', content: null, tool_calls: calls }, ...results];
    const answer = await askFor({ ...request, messages }, stream);
    expect(answer.choices[0]?.text).toBe('weather: fine\nnews: fine\nweather: fine');
  });

  it('keeps its reasoning state through a tool loop, unchanged', async () => {
    const fields = { tools: TOOLS, reasoning_effort: 'low' };
    const request = asking(LARGE, `[[sim:tools]] ${AT_ONCE}`, fields) as { messages: object[] };
    const [choice] = (await askFor(request, stream)).choices;
    expect(choice?.reasoning).toContain('Let me think.');
    const continued = (details: object[]): object => {
      const calls = choice!.calls.map(({ id, ...called }) => ({ id, type: 'function', function: called }));
      const turn = { role: 'assistant', content: null, reasoning_details: details, tool_calls: calls };
      const result = { role: 'tool', tool_call_id: choice!.calls[0]!.id, content: 'fine' };
      return { ...request, messages: [...request.messages, turn, result] };
    };
    expect((await askFor(continued(choice!.details), stream)).choices[0]?.text).toBe('weather: fine');
    const [thought] = choice!.details;
    const altered = await postChat(gateway, { ...continued([{ ...thought, text: 'Something else' }]), stream });
    expect((await readError(altered)).code).toBe('provider_refused_request');
  });

  it('answers in the form that was asked for', async () => {
    const response_format = { type: 'json_schema', json_schema: { name: 'answer', schema: parameters } };
    const answer = await askFor(asking(LARGE, `Hello ${AT_ONCE}`, { response_format }), stream);
    expect(answer.choices[0]?.text).toBe('{"city":"sample"}');
  });
});

describe('Bedrock understands', () => {
  it('the system prompt, images and parameters', async () => {
    const content = [
      { type: 'text', text: '[[sim:echo]]' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
    ];
    const messages = [
      { role: 'system', content: 'Be kind' },
      { role: 'user', content },
    ];
    const echo = await echoOf({ messages, max_tokens: 50, temperature: 0.5, stop: 'END' });
    expect(echo).toMatchObject({
      dialect: 'bedrock',
      model: MODEL.slice('bedrock/'.length),
      system: 'Be kind',
      images: [{ mime: 'image/png', bytes: 5 }],
      params: { inferenceConfig: { maxTokens: 50, temperature: 0.5, stopSequences: ['END'] } },
    });
  });

  it('how much to reason', async () => {
    const { params } = await echoOf({ reasoning_effort: 'medium' }, LARGE);
    expect(params['additionalModelRequestFields']).toEqual({ thinking: { type: 'enabled', budget_tokens: 10_000 } });
  });
});

describe('a connection to Bedrock with access keys', () => {
  it('is made through the management API, stands its test, and signs its calls', async () => {
    const api = openManagement(gateway);
    const made = await api('POST', '/api/providers', {
      name: 'signed',
      provider: 'bedrock',
      base_url: `${simulator.url}/bedrock`,
      allow_private_network: true,
      credentials: [JSON.parse(ACCESS_KEYS)],
      options: { region: 'eu-central-1', passthrough_models: true },
    });
    expect(made.status).toBe(201);
    expect(made.text).not.toContain('a-secret-access-key');
    const tested = await api<{ steps: { step: string; ok: boolean }[] }>(
      'POST',
      '/api/monitoring/providers/signed/test',
    );
    expect(tested.body.steps.map(({ step, ok }) => `${step} ${ok}`)).toEqual([
      'dns true',
      'tls true',
      'auth true',
      'models true',
      'call true',
    ]);
    expect((await askFor(asking('signed/small', 'Hi'), true)).choices[0]?.text).toBe('You said: Hi');
  });
});

describe('Bedrock fails', () => {
  it.each([
    [400, 'provider_refused_request', 400],
    [403, 'provider_auth_failed', 502],
    [429, 'provider_rate_limited', 429],
    [503, 'provider_unavailable', 503],
  ])('with %i as %s', async (status, code, answered) => {
    const response = await postChat(gateway, asking(MODEL, `[[sim:error ${status}]]`));
    expect([response.status, (await readError(response)).code]).toEqual([answered, code]);
  });

  it('for a model that it does not know, and for a key that is none', async () => {
    expect((await readError(await postChat(gateway, asking('bedrock/missing', 'Hi')))).code).toBe('model_not_found');
    const refused = await readError(await postChat(gateway, asking('bad/small', 'Hi')));
    expect(refused.code).toBe('provider_auth_failed');
  });

  it('for access keys without a region, and tells no part of them', async () => {
    const response = await postChat(gateway, asking('regionless/small', 'Hi'));
    const text = await response.text();
    expect(text).toContain('provider_auth_failed');
    for (const part of Object.values(JSON.parse(ACCESS_KEYS) as object)) expect(text).not.toContain(part);
  });

  it('in mid-stream by an exception, or by breaking off: never with a fake end', async () => {
    const failed = await streamOf('[[sim:fail 2]] a b c d');
    expect([failed.done, failed.error?.code]).toEqual([false, 'provider_unavailable']);
    const cut = await streamOf('[[sim:cut 2]] a b c d');
    expect([cut.done, cut.error?.code]).toEqual([false, 'upstream_incomplete']);
  });
});
