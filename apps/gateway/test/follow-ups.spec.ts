import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { asking, postChat, readCompletion, readError } from './support/chat-client.ts';
import { simulatorConnections } from './support/configuration.ts';
import { postGemini } from './support/gemini-client.ts';
import { postMessages, readMessage } from './support/messages-client.ts';
import { startSimulatorProcess, type SimulatorProcess } from './support/simulator-process.ts';
import { startTestGateway, startTwin, type TestGateway } from './support/test-gateway.ts';

type Item = { type: string; [field: string]: unknown };
type ResponseBody = { id: string; output: Item[] };

/** Enough that following by chance is out of the question. */
const FOLLOW_UPS = 10;
const AT_ONCE = '[[sim:slow 0]] [[sim:drip 0]]';
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

let simulator: SimulatorProcess;
let gateway: TestGateway;
beforeAll(async () => {
  simulator = await startSimulatorProcess();
  const connections = simulatorConnections(simulator.url);
  gateway = await startTestGateway({
    connections: [
      ...connections,
      ...connections.map((connection) => ({ ...connection, name: `${connection.name}-2` })),
    ],
  });
});
afterAll(async () => {
  await gateway?.close();
  await simulator?.close();
});

let names = 0;
let alias: string;
/** A name of its own for each test, so that no test meets another's conversations. */
async function between(...models: string[]): Promise<string> {
  names += 1;
  alias = `between-${names}`;
  await gateway.runtime.stores.aliases.put(alias, {
    strategy: 'weighted',
    deployments: models.map((model) => ({ model, weight: 1 })),
  });
  await gateway.runtime.configuration.reload();
  return alias;
}

async function setAvailable(modelId: string, isAvailable: boolean): Promise<void> {
  await gateway.runtime.stores.models.update(modelId, { isAvailable });
  await gateway.runtime.configuration.reload();
}

const modelOf = (response: Response): string | null => response.headers.get('x-parley-model');
const lossesOf = (response: Response): string => response.headers.get('x-parley-losses') ?? '';

/** Asks so many times, one after the other, and gives the deployments that answered. */
async function whoAnswers(ask: () => Promise<Response>, times = FOLLOW_UPS): Promise<Set<string | null>> {
  const seen = new Set<string | null>();
  for (let asked = 0; asked < times; asked++) {
    const response = await ask();
    if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
    seen.add(modelOf(response));
  }
  return seen;
}

const postResponses = (body: object, headers: Record<string, string> = {}, to = gateway): Promise<Response> =>
  fetch(`${to.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${to.adminKey}`, ...headers },
    body: JSON.stringify(body),
  });
const readResponse = async (response: Response): Promise<ResponseBody> => (await response.json()) as ResponseBody;

describe('a request that begins a conversation', () => {
  it('goes by weight, also when it says what others said', async () => {
    const model = await between('openai/small', 'openai-2/small');
    const seen = await whoAnswers(() => postChat(gateway, asking(model, 'Hello')), 40);
    expect(seen).toEqual(new Set(['openai/small', 'openai-2/small']));
  });
});

describe('a follow-up', () => {
  it.each(['openai', 'anthropic', 'google'])(
    'of a plain conversation stays where its prompt is cached (%s)',
    async (name) => {
      const model = await between(`${name}/small`, `${name}-2/small`);
      for (const topic of ['a', 'b', 'c', 'd']) {
        const question = { role: 'user', content: `About ${topic}` };
        const first = await postChat(gateway, { model, messages: [question] });
        const answer = (await readCompletion(first)).choices[0]!.message;
        const turns = [question, answer, { role: 'user', content: 'Go on' }];
        expect(await whoAnswers(() => postChat(gateway, { model, messages: turns }))).toEqual(
          new Set([modelOf(first)]),
        );
      }
    },
  );

  it('with a key for the cache goes where that key went first', async () => {
    const model = await between('openai/small', 'openai-2/small');
    for (const name of ['a', 'b', 'c', 'd']) {
      let asked = 0;
      const ask = () => postChat(gateway, asking(model, `Question ${asked++}`, { prompt_cache_key: name }));
      expect((await whoAnswers(ask)).size).toBe(1);
    }
  });

  it('with marked instructions goes where these were cached', async () => {
    const model = await between('anthropic/small', 'anthropic-2/small');
    for (const topic of ['a', 'b', 'c', 'd']) {
      const system = [{ type: 'text', text: `You know about ${topic}`, cache_control: { type: 'ephemeral' } }];
      let asked = 0;
      const ask = () =>
        postMessages(gateway, {
          model,
          max_tokens: 100,
          system,
          messages: [{ role: 'user', content: `Question ${asked++}` }],
        });
      expect((await whoAnswers(ask)).size).toBe(1);
    }
  });

  it.each([false, true])(
    'of a stored response goes to what gave it, also through another gateway (stream: %s)',
    async (stream) => {
      const model = await between('openai/small', 'openai-2/small', 'anthropic/small');
      const twin = await startTwin(gateway);
      try {
        for (const topic of ['a', 'b', 'c', 'd']) {
          const first = await postResponses({ model, input: `About ${topic}`, stream });
          const text = await first.text();
          const id = /"id":"(resp_[^"]+)"/.exec(text)![1]!;
          const follow = (to: TestGateway) =>
            postResponses({ model, input: 'Go on', previous_response_id: id }, {}, to);
          expect(await whoAnswers(() => follow(gateway), 6)).toEqual(new Set([modelOf(first)]));
          expect(await whoAnswers(() => follow(twin), 6)).toEqual(new Set([modelOf(first)]));
        }
      } finally {
        await twin.close();
      }
    },
  );

  it('that refers to items goes to the provider that keeps them', async () => {
    const model = await between('openai/small', 'openai-2/small');
    for (const topic of ['a', 'b', 'c', 'd']) {
      const first = await postResponses({ model, input: `About ${topic}` });
      const { output } = await readResponse(first);
      const references = output.map(({ id }) => ({ type: 'item_reference', id }));
      const follow = () => postResponses({ model, input: [...references, { role: 'user', content: 'Go on' }] });
      expect(await whoAnswers(follow)).toEqual(new Set([modelOf(first)]));
    }
  });

  it('stays with the one that answered when another had failed', async () => {
    const model = await between('openai/small', 'openai-2/small');
    await setAvailable('openai/small', false);
    const first = await postResponses({ model, input: 'Hello' });
    const { id } = await readResponse(first);
    await setAvailable('openai/small', true);
    const follow = () => postResponses({ model, input: 'Go on', previous_response_id: id });
    expect(await whoAnswers(follow)).toEqual(new Set(['openai-2/small']));
  });
});

describe('reasoning state', () => {
  it('in Claude’s signatures goes back to what signed it', async () => {
    const model = await between('anthropic/large', 'anthropic-2/large');
    const tools = [{ name: 'weather', input_schema: PARAMETERS }];
    for (const topic of ['a', 'b', 'c']) {
      const question = { role: 'user', content: `${AT_ONCE} [[sim:tools]] ${topic}` };
      const request = { model, max_tokens: 3000, thinking: { type: 'enabled', budget_tokens: 1024 }, tools };
      const first = await postMessages(gateway, { ...request, messages: [question] });
      const { content } = await readMessage(first);
      expect(content[0]).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/./) });
      const use = content.find(({ type }) => type === 'tool_use')!;
      const result = { type: 'tool_result', tool_use_id: use['id'], content: 'mild' };
      // A client may have shortened the conversation: the state alone must lead the way.
      const messages = [
        { role: 'user', content: `${AT_ONCE} Summary of ${topic}` },
        { role: 'assistant', content },
        { role: 'user', content: [result] },
      ];
      const follow = () => postMessages(gateway, { ...request, messages });
      expect(await whoAnswers(follow)).toEqual(new Set([modelOf(first)]));
    }
  });

  it('in Gemini’s signatures goes back to what signed it', async () => {
    const model = await between('google/large', 'google-2/large');
    const tools = [{ functionDeclarations: [{ name: 'weather', parameters: PARAMETERS }] }];
    const question = { role: 'user', parts: [{ text: `${AT_ONCE} [[sim:tools]]` }] };
    const first = await postGemini(gateway, `models/${model}:streamGenerateContent?alt=sse`, {
      contents: [question],
      tools,
    });
    const events = (await first.text()).split('\r\n\r\n').filter((event) => event !== '');
    const parts = events.flatMap((event) => {
      const { candidates } = JSON.parse(event.slice('data: '.length)) as {
        candidates: { content?: { parts?: Item[] } }[];
      };
      return candidates[0]?.content?.parts ?? [];
    });
    const call = parts.find((part) => 'functionCall' in part)!;
    expect(call['thoughtSignature']).toBeTruthy();
    const { name, id } = call['functionCall'] as { name: string; id?: string };
    const contents = [
      { role: 'user', parts: [{ text: `${AT_ONCE} Summary` }] },
      { role: 'model', parts: [call] },
      { role: 'user', parts: [{ functionResponse: { name, ...(id && { id }), response: { output: 'mild' } } }] },
    ];
    const follow = () => postGemini(gateway, `models/${model}:generateContent`, { contents, tools });
    expect(await whoAnswers(follow)).toEqual(new Set([modelOf(first)]));
  });

  describe('of OpenAI’s', () => {
    const request = {
      tools: [{ type: 'function', name: 'weather', parameters: PARAMETERS, strict: false }],
      reasoning: { effort: 'low' },
      include: ['reasoning.encrypted_content'],
      store: false,
    };
    let maker: string;
    let other: string;
    let input: Item[];
    beforeEach(async () => {
      const model = await between('openai/large', 'openai-2/large');
      const question = { type: 'message', role: 'user', content: `${AT_ONCE} [[sim:tools]]` };
      const first = await postResponses({ ...request, model, input: [question] });
      const { output } = await readResponse(first);
      expect(output[0]).toMatchObject({ type: 'reasoning', encrypted_content: expect.stringMatching(/./) });
      const call = output.find(({ type }) => type === 'function_call')!;
      maker = modelOf(first)!;
      other = maker === 'openai/large' ? 'openai-2/large' : 'openai/large';
      const result = { type: 'function_call_output', call_id: call['call_id'], output: 'mild' };
      input = [{ ...question, content: `${AT_ONCE} Summary` }, ...output, result];
    });

    it('goes back to what sealed it', async () => {
      const follow = () => postResponses({ ...request, model: alias, input });
      expect(await whoAnswers(follow)).toEqual(new Set([maker]));
    });

    it('is left out elsewhere, where nobody could read it, and the answer says so', async () => {
      await setAvailable(maker, false);
      try {
        const response = await postResponses({ ...request, model: alias, input });
        expect([response.status, modelOf(response)]).toEqual([200, other]);
        expect(lossesOf(response)).toContain('reasoning_details=dropped');
      } finally {
        await setAvailable(maker, true);
      }
    });

    it('of several accounts is left out together, since none of them can read all of it', async () => {
      await setAvailable(maker, false);
      try {
        const moved = await postResponses({ ...request, model: alias, input });
        expect(modelOf(moved)).toBe(other);
        const { output } = await readResponse(moved);
        expect(output[0]).toMatchObject({ type: 'reasoning', encrypted_content: expect.stringMatching(/./) });
        const next = [...input, ...output, { role: 'user', content: `${AT_ONCE} And now?` }];
        const response = await postResponses({ ...request, model: alias, input: next });
        expect([response.status, modelOf(response)]).toEqual([200, other]);
        expect(lossesOf(response)).toContain('reasoning_details=dropped');
      } finally {
        await setAvailable(maker, true);
      }
    });

    it('is left out for a model of another account that is asked for by name', async () => {
      const response = await postResponses({ ...request, model: other, input });
      expect([response.status, modelOf(response)]).toEqual([200, other]);
      expect(lossesOf(response)).toContain('reasoning_details=dropped');
    });

    it('is not left out for a strict caller, who hears what made it', async () => {
      await setAvailable(maker, false);
      try {
        const response = await postResponses({ ...request, model: alias, input }, { 'x-parley-strict': '1' });
        expect(response.status).toBe(400);
        const error = await readError(response);
        expect(error).toMatchObject({ code: 'unsupported_parameter', param: 'reasoning_details' });
        expect(error.message).toContain(maker);
      } finally {
        await setAvailable(maker, true);
      }
    });
  });
});
