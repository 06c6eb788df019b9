import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenAI } from 'openai';
import { addKey } from './support/configuration.ts';
import { readEcho, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';

const FUNCTION: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};

let gateway: SimulatedGateway;
let openai: OpenAI;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
  ({ openai } = gateway);
});
afterAll(() => gateway?.close());

const referTo = (items: OpenAI.Responses.ResponseOutputItem[]): OpenAI.Responses.ResponseInput =>
  items.map(({ id }) => ({ type: 'item_reference', id: id! }));

/** Gemini's word for the assistant is another one. */
const rolesOf = ({ output_text: text }: OpenAI.Responses.Response): string[] =>
  readEcho(text).roles.map((role) => (role === 'model' ? 'assistant' : role));

describe.each(['anthropic', 'google'])('a client that refers to items of stored responses at %s', (connection) => {
  const model = `${connection}/small`;

  it('goes through a tool loop with reasoning', async () => {
    const question = { role: 'user' as const, content: '[[sim:reasoning]] [[sim:tools]]' };
    const request = { model, tools: [FUNCTION], reasoning: { effort: 'low' as const } };
    const { output } = await openai.responses.create({ ...request, input: [question] });
    const call = output.find((item) => item.type === 'function_call');
    const result = { type: 'function_call_output' as const, call_id: call!.call_id, output: 'sunny' };
    const second = await openai.responses.create({ ...request, input: [question, ...referTo(output), result] });
    expect(second.output_text).toContain('sunny');
  });

  it('is heard as if it had sent them, also by those who go on from its answer', async () => {
    const { output } = await openai.responses.create({ model, input: 'One' });
    const second = await openai.responses.create({
      model,
      input: [{ role: 'user', content: 'One' }, ...referTo(output), { role: 'user', content: '[[sim:echo]]' }],
    });
    expect(rolesOf(second)).toEqual(['user', 'assistant', 'user']);
    const third = await openai.responses.create({ model, input: '[[sim:echo]]', previous_response_id: second.id });
    expect(rolesOf(third)).toEqual(['user', 'assistant', 'user', 'assistant', 'user']);
  });

  it('cannot refer to what was not stored, nor to another key’s', async () => {
    const unstored = await openai.responses.create({ model, input: 'One', store: false });
    const foreign = await openai.responses.create({ model, input: 'One' });
    const { secret } = await addKey(gateway.runtime);
    const other = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: secret, maxRetries: 0 });
    for (const [client, { output }] of [[openai, unstored] as const, [other, foreign] as const]) {
      const input = [...referTo(output), { role: 'user' as const, content: 'Two' }];
      await expect(client.responses.create({ model, input })).rejects.toMatchObject({ status: 400, param: 'input.0' });
    }
  });
});
