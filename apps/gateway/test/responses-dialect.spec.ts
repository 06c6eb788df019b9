import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asking, postChat, readCompletion, readError, readStream, textOf } from './support/chat-client.ts';
import { simulatorConnections, type ModelSetup } from './support/configuration.ts';
import { answerOf, foldStream, type SeenAnswer } from './support/fold-stream.ts';
import { readEcho } from './support/simulated-gateway.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, type TestGateway } from './support/test-gateway.ts';

/** `large` takes its time unless told not to. */
const AT_ONCE = '[[sim:slow 0]] [[sim:drip 0]]';
const THOUGHT = 'Let me think. The question is simple, so a short answer will do.';
const TOOLS = ['weather', 'news'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
}));
const PRICING = { input: '1', output: '2', cached_input: '0.1' };
const MODELS: ModelSetup[] = [
  { name: 'small', dialect: 'openai-responses', pricing: PRICING },
  { name: 'large', dialect: 'openai-responses', pricing: PRICING, capabilities: { reasoning: 'effort' } },
];

let simulator: SimulatorProcess;
let gateway: TestGateway;
beforeAll(async () => {
  simulator = await startSimulatorProcess();
  const [openai] = simulatorConnections(simulator.url);
  gateway = await startTestGateway({ connections: [{ ...openai!, models: MODELS }] });
});
beforeEach(() => simulator.reset());
afterAll(async () => {
  await gateway?.close();
  await simulator?.close();
});

async function ask(request: object, stream: boolean): Promise<SeenAnswer> {
  const response = await postChat(gateway, {
    ...request,
    stream,
    ...(stream && { stream_options: { include_usage: true } }),
  });
  return stream ? foldStream(await readStream(response)) : answerOf(await readCompletion(response));
}

/** The conversation with the answer to its calls. */
function continued(request: { messages?: unknown[] }, { choices }: SeenAnswer): object {
  const { text, details, calls } = choices[0]!;
  const turn = {
    role: 'assistant',
    content: text === '' ? null : text,
    reasoning_details: details,
    tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
  };
  const results = calls.map(({ id }, index) => ({ role: 'tool', tool_call_id: id, content: `result ${index}` }));
  return { ...request, messages: [...(request.messages ?? []), turn, ...results] };
}

describe.each([true, false])('chat with a model of the Responses API (stream: %s)', (stream) => {
  it('answers with text and usage', async () => {
    const answer = await ask(asking('openai/small', '[[sim:usage 100 20 40]] Hello'), stream);
    expect(answer.id).toMatch(/^chatcmpl-sim/);
    expect(answer.choices[0]).toMatchObject({ text: 'You said: Hello', finish: 'stop' });
    expect(answer.usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 40 },
    });
    expect(await simulator.journal()).toMatchObject([
      { dialect: 'openai-responses', model: 'small', stream, status: 200 },
    ]);
  });

  it('calls tools', async () => {
    const answer = await ask(asking('openai/small', '[[sim:parallel]]', { tools: TOOLS }), stream);
    expect(answer.choices[0]).toMatchObject({ text: '', finish: 'tool_calls' });
    expect(answer.choices[0]?.calls.map(({ name, arguments: args }) => [name, JSON.parse(args)])).toEqual([
      ['weather', { city: 'sample' }],
      ['news', { city: 'sample' }],
      ['weather', { city: 'sample' }],
    ]);
  });

  it('takes its encrypted reasoning through a tool loop, unchanged and in its place', async () => {
    const fields = { tools: TOOLS, reasoning_effort: 'low', reasoning: { summary: 'auto' } };
    const request = asking('openai/large', `[[sim:reasoning]] [[sim:text-tools]] ${AT_ONCE}`, fields);
    const first = await ask(request, stream);
    expect(first.choices[0]).toMatchObject({ reasoning: THOUGHT, text: 'Let me look that up.', finish: 'tool_calls' });
    const [summary, state] = first.choices[0]!.details;
    expect(summary).toMatchObject({ type: 'reasoning.summary', summary: THOUGHT });
    expect(state).toMatchObject({ type: 'reasoning.encrypted', format: 'openai-responses-v1', id: summary!.id });

    // The simulator takes back no state but its own, under its own id, before what it led to.
    const second = await ask(continued(request, first), stream);
    expect(second.choices[0]).toMatchObject({ text: 'weather: result 0', finish: 'stop' });
    const [, last] = await simulator.journal();
    expect(last?.roles).toEqual(['user', 'reasoning', 'assistant', 'function_call', 'function_call_output']);
  });

  it('ends for the reason of the provider', async () => {
    expect((await ask(asking('openai/small', '[[sim:length]] x'), stream)).choices[0]?.finish).toBe('length');
    expect((await ask(asking('openai/small', '[[sim:filter]]'), stream)).choices[0]?.finish).toBe('content_filter');
    expect((await ask(asking('openai/small', '[[sim:refusal]]'), stream)).choices[0]?.refusal).toBe(
      'I cannot help with that.',
    );
  });
});

describe('a model of the Responses API', () => {
  it('refuses state that was altered on the way', async () => {
    const request = asking('openai/large', `[[sim:tools]] ${AT_ONCE}`, { tools: TOOLS, reasoning_effort: 'low' });
    const first = await ask(request, true);
    first.choices[0]!.details.at(-1)!.data = 'altered';
    const refused = await postChat(gateway, continued(request, first));
    expect(refused.status).toBe(400);
    expect(await readError(refused)).toMatchObject({ code: 'provider_refused_request', provider: 'openai' });
  });

  it('is asked in its own words, and keeps nothing', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
    const fields = {
      max_completion_tokens: 100,
      tools: TOOLS,
      tool_choice: 'none',
      metadata: { a: 'b' },
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    };
    const messages = [
      { role: 'system', content: 'Be kind' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '[[sim:echo]]' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
        ],
      },
    ];
    const { choices } = await ask({ model: 'openai/small', messages, ...fields }, false);
    const echo = readEcho(choices[0]?.text);
    expect(echo).toMatchObject({
      dialect: 'openai-responses',
      system: 'Be kind',
      images: [{ mime: 'image/png', bytes: 5 }],
      tools: ['weather', 'news'],
      toolChoice: 'none',
      jsonSchema: schema,
      params: { store: false, max_output_tokens: 100, metadata: { a: 'b' } },
    });
  });

  it('does not stop at stop sequences, and so is not asked to', async () => {
    const refused = await postChat(gateway, asking('openai/small', 'Hi', { stop: ['END'] }));
    expect(refused.status).toBe(400);
    expect(await readError(refused)).toMatchObject({ code: 'unsupported_parameter', param: 'stop' });
    expect(await simulator.journal()).toEqual([]);
  });

  it('that does not exist there is not found', async () => {
    await gateway.runtime.stores.models.create({
      modelId: 'openai/missing',
      connection: 'openai',
      upstreamModel: 'missing-1',
      dialect: 'openai-responses',
    });
    await gateway.runtime.configuration.reload();
    const refused = await postChat(gateway, asking('openai/missing', 'Hi'));
    expect([refused.status, (await readError(refused)).code]).toEqual([404, 'model_not_found']);
  });

  it('that breaks off, or fails in the middle, says so at the end of what it said', async () => {
    const cut = await readStream(
      await postChat(gateway, asking('openai/small', '[[sim:cut 3]] a b c d', { stream: true })),
    );
    expect([textOf(cut), cut.done, cut.error?.code]).toEqual(['You said: a', false, 'upstream_incomplete']);
    const failed = await readStream(
      await postChat(gateway, asking('openai/small', '[[sim:fail 3]] a b c d', { stream: true })),
    );
    expect([textOf(failed), failed.done, failed.error?.code]).toEqual(['You said: a', false, 'provider_unavailable']);
  });

  it.each([
    [401, 502, 'provider_auth_failed'],
    [429, 429, 'provider_rate_limited'],
    [503, 503, 'provider_unavailable'],
  ])('that answers %i gives %i %s', async (upstream, status, code) => {
    const refused = await postChat(gateway, asking('openai/small', `[[sim:error ${upstream}]]`));
    expect([refused.status, (await readError(refused)).code]).toEqual([status, code]);
  });
});
