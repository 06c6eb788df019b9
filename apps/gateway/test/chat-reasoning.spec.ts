import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asking, postChat, readCompletion, readError, readStream } from './support/chat-client.ts';
import { answerOf, foldStream, type SeenChoice } from './support/fold-stream.ts';
import { CONNECTIONS, readEcho, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';

/** `large` reasons without being asked, and takes its time unless told not to. */
const AT_ONCE = '[[sim:slow 0]] [[sim:drip 0]]';
const TOOLS = ['weather', 'news'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: {}, required: [] } },
}));

let gateway: SimulatedGateway;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
});
afterAll(() => gateway?.close());

async function askFor(request: object, stream: boolean): Promise<SeenChoice> {
  const response = await postChat(gateway, { ...request, stream });
  const { choices } = stream ? foldStream(await readStream(response)) : answerOf(await readCompletion(response));
  return choices[0]!;
}

/** The conversation with the answer to its calls. */
function continued(request: { messages?: unknown[] }, { text, details, calls }: SeenChoice): object {
  const turn = {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(details.length > 0 && { reasoning_details: details }),
    tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })),
  };
  const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
  return { ...request, messages: [...(request.messages ?? []), turn, ...results] };
}

describe.each(CONNECTIONS)('reasoning at %s', (connection) => {
  const model = `${connection}/large`;

  it.each([true, false])('comes out as text, apart from the answer (stream: %s)', async (stream) => {
    const choice = await askFor(asking(model, `${AT_ONCE} Hello`, { reasoning_effort: 'low' }), stream);
    expect(choice.reasoning).toBe('Let me think. The question is simple, so a short answer will do.');
    expect(choice.text).toBe('You said: Hello');
  });

  it.each([true, false])('goes through a tool loop with its opaque state (stream: %s)', async (stream) => {
    const request = asking(model, `[[sim:parallel]] ${AT_ONCE}`, { tools: TOOLS, reasoning_effort: 'low' });
    const choice = await askFor(request, stream);
    expect(choice.calls).toHaveLength(3);
    expect(choice.details.length > 0).toBe(connection !== 'openai');
    const answer = await askFor(continued(request, choice), stream);
    expect(answer.text).toBe('weather: ok\nnews: ok\nweather: ok');
  });
});

describe('reasoning state', () => {
  it('that was altered is refused by Anthropic, so what survives the loop is the real one', async () => {
    const fields = { tools: TOOLS, reasoning_effort: 'low' };
    const request = asking('anthropic/large', `[[sim:tools]] ${AT_ONCE}`, fields);
    const choice = await askFor(request, true);
    const [thought] = choice.details.filter(({ signature }) => signature);
    expect(thought).toMatchObject({ type: 'reasoning.text', format: 'anthropic-claude-v1' });
    thought!.text += ' And more.';
    const refused = await postChat(gateway, continued(request, choice));
    expect(refused.status).toBe(400);
    expect(await readError(refused)).toMatchObject({ code: 'provider_refused_request', provider: 'anthropic' });
  });

  it('of Gemini goes back with the call that it belongs to', async () => {
    const fields = { tools: TOOLS, reasoning_effort: 'low' };
    const choice = await askFor(asking('google/large', `[[sim:tools]] ${AT_ONCE}`, fields), true);
    expect(choice.details).toContainEqual(
      expect.objectContaining({ type: 'reasoning.encrypted', format: 'google-gemini-v1', id: choice.calls[0]?.id }),
    );
  });
});

describe('the effort to reason', () => {
  it('is asked for in the way of each provider', async () => {
    const paramsOf = async (connection: string): Promise<Record<string, unknown>> => {
      const request = asking(`${connection}/large`, `[[sim:echo]] ${AT_ONCE}`, { reasoning_effort: 'medium' });
      return readEcho((await askFor(request, false)).text).params;
    };
    expect(await paramsOf('openai')).toMatchObject({ reasoning_effort: 'medium' });
    expect(await paramsOf('anthropic')).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 10_000 } });
    expect(JSON.stringify(await paramsOf('google'))).toContain('"thinkingBudget":8192');
  });
});
