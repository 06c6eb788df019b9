import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenAI } from 'openai';
import { postChat, readError } from './support/chat-client.ts';
import { addKey } from './support/configuration.ts';
import { CONNECTIONS, readEcho, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';

type Request = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Event = OpenAI.Responses.ResponseStreamEvent;

/** `large` takes its time unless told not to. */
const AT_ONCE = '[[sim:slow 0]] [[sim:drip 0]]';
const FUNCTION: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};

let gateway: SimulatedGateway;
let openai: OpenAI;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
  ({ openai } = gateway);
});
afterAll(() => gateway?.close());

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.adminKey}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

async function collect(request: Request): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of await openai.responses.create({ ...request, stream: true })) events.push(event);
  return events;
}

/** The response at the end, whole or streamed. */
async function ask(request: Request, stream: boolean): Promise<OpenAI.Responses.Response> {
  if (!stream) return openai.responses.create(request);
  const last = (await collect(request)).at(-1)!;
  if (last.type !== 'response.completed') throw new Error(`the stream ended in ${last.type}`);
  return last.response;
}

/** Gemini calls the assistant by another name. */
const rolesOf = (response: OpenAI.Responses.Response): string[] =>
  readEcho(textOf(response)).roles.map((role) => (role === 'model' ? 'assistant' : role));

const textOf = ({ output }: OpenAI.Responses.Response): string =>
  output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => ('text' in part ? part.text : ''))
    .join('');

describe.each(CONNECTIONS)('the Responses API with OpenAI’s client at %s', (connection) => {
  const model = `${connection}/small`;

  describe.each([false, true])('(stream: %s)', (stream) => {
    it('answers with text and usage', async () => {
      const response = await ask({ model, input: '[[sim:usage 100 20 40]] Hello', store: false }, stream);
      expect(response).toMatchObject({ object: 'response', status: 'completed', error: null });
      expect(response.id).toMatch(/^resp_/);
      expect(textOf(response)).toBe('You said: Hello');
      expect(response.usage).toMatchObject({
        input_tokens: 100,
        output_tokens: 20,
        total_tokens: 120,
        input_tokens_details: { cached_tokens: 40 },
      });
    });

    it('goes through a tool loop, with the reasoning state that the provider demands back', async () => {
      const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: `${AT_ONCE} [[sim:tools]]` }];
      const request: Request = {
        model: `${connection}/large`,
        tools: [FUNCTION],
        reasoning: { effort: 'low' },
        include: ['reasoning.encrypted_content'],
        store: false,
        input,
      };
      const first = await ask(request, stream);
      const [reasoning, call] = first.output;
      if (reasoning?.type !== 'reasoning' || call?.type !== 'function_call') throw new Error('no reasoning, no call');
      expect(reasoning.encrypted_content).toBeTruthy();
      expect([call.name, JSON.parse(call.arguments)]).toEqual(['weather', { city: 'sample' }]);
      const next = [
        ...input,
        ...first.output,
        { type: 'function_call_output', call_id: call.call_id, output: 'sunny' },
      ];
      const second = await ask({ ...request, input: next as OpenAI.Responses.ResponseInput }, stream);
      expect(second.status).toBe('completed');
      expect(textOf(second)).toContain('sunny');
    });

    it('goes through the same loop on stored responses', async () => {
      const request = { model: `${connection}/large`, tools: [FUNCTION], reasoning: { effort: 'low' as const } };
      const first = await ask({ ...request, input: `${AT_ONCE} [[sim:tools]]` }, stream);
      const call = first.output.find((item) => item.type === 'function_call');
      const result = { type: 'function_call_output' as const, call_id: call!.call_id, output: 'sunny' };
      const second = await ask({ ...request, previous_response_id: first.id, input: [result] }, stream);
      expect(textOf(second)).toContain('sunny');
    });

    it('goes on from a stored response, without the items being sent again', async () => {
      const { id } = await ask({ model, input: 'The word is tulip.' }, stream);
      const second = await ask({ model, input: '[[sim:echo]]', previous_response_id: id }, stream);
      expect(rolesOf(second)).toEqual(['user', 'assistant', 'user']);
      const third = await ask({ model, input: '[[sim:echo]]', previous_response_id: second.id }, stream);
      expect(rolesOf(third)).toEqual(['user', 'assistant', 'user', 'assistant', 'user']);
      const said = [second, third, await openai.responses.retrieve(third.id)].map((one) => one.previous_response_id);
      expect(said).toEqual([id, second.id, second.id]);
      expect(textOf(await openai.responses.retrieve(id))).toBe('You said: The word is tulip.');
    });

    it('forgets what is deleted, and never knew what was not to be stored', async () => {
      const { id } = await ask({ model, input: 'Hello' }, stream);
      await openai.responses.delete(id);
      const stateless = await ask({ model, input: 'Hello', store: false }, stream);
      for (const gone of [id, stateless.id]) {
        await expect(openai.responses.retrieve(gone)).rejects.toMatchObject({ status: 404, code: 'not_found' });
        await expect(openai.responses.create({ model, input: 'Hi', previous_response_id: gone })).rejects.toMatchObject(
          { status: 400, code: 'invalid_request', param: 'previous_response_id' },
        );
      }
    });
  });

  it('numbers its events and begins and ends with the response', async () => {
    const events = await collect({ model, input: 'Hello', store: false });
    expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
    expect([events[0]!.type, events.at(-1)!.type]).toEqual(['response.created', 'response.completed']);
  });

  it('passes instructions and settings on', async () => {
    const response = await ask(
      {
        model,
        instructions: 'Be brief.',
        input: '[[sim:echo]]',
        temperature: 0.3,
        max_output_tokens: 77,
        store: false,
      },
      false,
    );
    const echo = readEcho(textOf(response));
    expect(echo).toMatchObject({ system: 'Be brief.', params: { temperature: 0.3 } });
  });
});

describe('a conversation that changes its provider', () => {
  it('goes on from what another provider said, thoughts and tool calls included', async () => {
    const tools = [FUNCTION];
    const input = '[[sim:slow 0]] [[sim:drip 0]] [[sim:tools]]';
    let previous = await openai.responses.create({
      model: 'anthropic/large',
      input,
      tools,
      reasoning: { effort: 'low' },
    });
    for (const model of ['openai/small', 'google/small', 'anthropic/small']) {
      const [call] = previous.output.filter((item) => item.type === 'function_call');
      previous = await openai.responses.create({
        model,
        previous_response_id: previous.id,
        tools,
        input: [
          { type: 'function_call_output', call_id: call!.call_id, output: 'sunny' },
          { role: 'user', content: '[[sim:tools]]' },
        ],
      });
      expect(previous.status).toBe('completed');
    }
  });
});

describe('a relay to a provider of the same API', () => {
  it('is what a client of this API gets where the provider speaks it, whatever it prefers', async () => {
    await gateway.simulator.reset();
    await post({ model: 'openai/small', input: 'Hello', store: false, prompt_cache_key: 'k' });
    expect(await gateway.simulator.journal()).toMatchObject([{ dialect: 'openai-responses' }]);
  });

  it('answers chat of the same model in chat', async () => {
    await gateway.simulator.reset();
    await postChat(gateway, { model: 'openai/small', messages: [{ role: 'user', content: 'Hello' }] });
    expect(await gateway.simulator.journal()).toMatchObject([{ dialect: 'openai' }]);
  });
});

describe('a translated request', () => {
  const asked = { model: 'anthropic/small', input: 'Hello', store: false, tools: [FUNCTION, { type: 'web_search' }] };

  it('says what was lost, and is refused to a strict caller', async () => {
    const response = await post(asked);
    expect([response.status, response.headers.get('x-parley-losses')]).toEqual([200, 'tools.1=dropped']);
    const strict = await post(asked, { 'x-parley-strict': '1' });
    expect([strict.status, (await readError(strict)).code]).toEqual([400, 'unsupported_parameter']);
  });

  it('fails in the middle of a stream as a failed response', async () => {
    const events = await collect({
      model: 'anthropic/small',
      input: '[[sim:cut 3]] Hello there my friend',
      store: false,
    });
    const last = events.at(-1)!;
    expect(last).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error' } },
    });
    expect(last.sequence_number).toBe(events.length - 1);
  });
});

describe('requests', () => {
  it('with a key that is unknown, or is another’s, see nothing', async () => {
    const body = { model: 'openai/small', input: 'Hi' };
    expect((await post(body, { authorization: 'Bearer sk-wrong' })).status).toBe(401);
    const { id } = await openai.responses.create(body);
    const { secret } = await addKey(gateway.runtime);
    const other = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: secret, maxRetries: 0 });
    await expect(other.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    await expect(other.responses.delete(id)).rejects.toMatchObject({ status: 404 });
    await expect(other.responses.create({ ...body, previous_response_id: id })).rejects.toMatchObject({ status: 400 });
    expect((await openai.responses.retrieve(id)).id).toBe(id);
  });
});

describe('while the database does not answer', () => {
  it('stored calls get an error, others their answer, and stateless ones do not notice', async () => {
    const runner = gateway.runtime.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE stored_responses IN ACCESS EXCLUSIVE MODE');
    try {
      const body = { model: 'anthropic/small', input: 'Hello' };
      const startedAtMs = performance.now();
      expect((await post({ ...body, store: false })).status).toBe(200);
      expect(performance.now() - startedAtMs).toBeLessThan(3000);
      const [asked, askedInStream, byDefault, previous] = await Promise.all([
        post({ ...body, store: true }),
        post({ ...body, store: true, stream: true }).then((response) => response.text()),
        post(body),
        post({ ...body, previous_response_id: 'resp_1' }),
      ]);
      for (const refused of [asked, previous]) {
        expect([refused.status, (await readError(refused)).code]).toEqual([503, 'dependency_unavailable']);
      }
      expect(askedInStream).toContain('event: response.failed');
      expect(askedInStream).not.toContain('response.completed');
      expect([byDefault.status, byDefault.headers.get('x-parley-losses')]).toEqual([200, 'store=dropped']);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  }, 30_000);
});
