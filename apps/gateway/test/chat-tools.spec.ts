import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAI } from 'openai';
import { CONNECTIONS, readEcho, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';

type Messages = OpenAI.ChatCompletionMessageParam[];
type Message = OpenAI.ChatCompletionMessage;

const tool = (name: string, argument: string): OpenAI.ChatCompletionTool => ({
  type: 'function',
  function: {
    name,
    description: `Tells the ${name}`,
    parameters: { type: 'object', properties: { [argument]: { type: 'string' } }, required: [argument] },
  },
});
const TOOLS = [tool('weather', 'city'), tool('time', 'zone'), tool('news', 'topic')];

let gateway: SimulatedGateway;
let openai: OpenAI;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
  ({ openai } = gateway);
});
afterAll(() => gateway?.close());

const saying = (content: string): Messages => [{ role: 'user', content }];

const callsOf = (message: Message | undefined) =>
  (message?.tool_calls ?? []).map((call) => {
    if (call.type !== 'function') throw new Error('only functions are called here');
    return { name: call.function.name, arguments: JSON.parse(call.function.arguments) as unknown };
  });

describe.each(CONNECTIONS)('tools with OpenAI’s client at %s', (connection) => {
  const model = `${connection}/small`;

  it('are called one at a time', async () => {
    const { choices } = await openai.chat.completions.create({
      model,
      messages: saying('[[sim:tools]]'),
      tools: TOOLS,
    });
    expect(callsOf(choices[0]?.message)).toEqual([{ name: 'weather', arguments: { city: 'sample' } }]);
    expect(choices[0]?.message.content).toBeNull();
    expect(choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('are called side by side, and the same in a stream', async () => {
    const request = { model, messages: saying('[[sim:parallel]]'), tools: TOOLS };
    const whole = await openai.chat.completions.create(request);
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
    const expected = [
      { name: 'weather', arguments: { city: 'sample' } },
      { name: 'time', arguments: { zone: 'sample' } },
      { name: 'news', arguments: { topic: 'sample' } },
    ];
    for (const { choices } of [whole, streamed]) {
      expect(callsOf(choices[0]?.message)).toEqual(expected);
      const ids = (choices[0]?.message.tool_calls ?? []).map(({ id }) => id);
      expect(new Set(ids).size).toBe(3);
    }
  });

  it('come with the text before them', async () => {
    const request = { model, messages: saying('[[sim:text-tools]]'), tools: TOOLS };
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe('Let me look that up.');
    expect(callsOf(streamed.choices[0]?.message)).toHaveLength(1);
  });

  it.each([
    ['auto', 'auto', { openai: 'auto', anthropic: 'auto', google: 'AUTO' }],
    ['none', 'none', { openai: 'none', anthropic: 'none', google: 'NONE' }],
  ] as const)('are left to the model with tool_choice %s', async (_name, choice, words) => {
    const { choices } = await openai.chat.completions.create({
      model,
      messages: saying('[[sim:echo]]'),
      tools: TOOLS,
      tool_choice: choice,
    });
    const echo = readEcho(choices[0]?.message.content);
    expect(echo.tools).toEqual(['weather', 'time', 'news']);
    expect(echo.toolChoice).toBe(words[connection]);
  });

  it.each([
    ['required', 'required', 'weather'],
    ['a name', { type: 'function', function: { name: 'news' } }, 'news'],
  ] as const)('are forced with tool_choice %s', async (_name, choice, called) => {
    const { choices } = await openai.chat.completions.create({
      model,
      messages: saying('Hello'),
      tools: TOOLS,
      tool_choice: choice,
    });
    expect(callsOf(choices[0]?.message).map(({ name }) => name)).toEqual([called]);
  });

  it('get their results back, in order, until the answer is text', async () => {
    const messages = saying('[[sim:parallel]]');
    const first = await openai.chat.completions.create({ model, messages, tools: TOOLS });
    const { message } = first.choices[0]!;
    messages.push(message);
    for (const [index, { id }] of (message.tool_calls ?? []).entries()) {
      messages.push({ role: 'tool', tool_call_id: id, content: `result ${index}` });
    }
    const second = await openai.chat.completions.create({ model, messages, tools: TOOLS });
    expect(second.choices[0]?.message.content).toBe('weather: result 0\ntime: result 1\nnews: result 2');
    expect(second.choices[0]?.finish_reason).toBe('stop');
  });
});
