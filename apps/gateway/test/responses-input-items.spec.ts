import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenAI } from 'openai';
import { addKey } from './support/configuration.ts';
import { CONNECTIONS, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';

type Item = OpenAI.Responses.ResponseItem;

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

async function list(id: string, query: OpenAI.Responses.InputItemListParams = { order: 'asc' }): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of openai.responses.inputItems.list(id, query)) items.push(item);
  return items;
}

describe.each(CONNECTIONS)('the input of a stored response of %s', (connection) => {
  const model = `${connection}/small`;

  it('is told as items with ids, also where the client sent a text', async () => {
    const { id } = await openai.responses.create({ model, input: 'Hello' });
    expect(await list(id)).toEqual([
      {
        id: expect.stringMatching(/^msg_/),
        type: 'message',
        role: 'user',
        status: 'completed',
        content: [{ type: 'input_text', text: 'Hello' }],
      },
    ]);
  });

  it('is the whole conversation, in pages, from either end', async () => {
    const first = await openai.responses.create({ model, tools: [FUNCTION], input: '[[sim:tools]]' });
    const call = first.output.find((item) => item.type === 'function_call');
    const result = { type: 'function_call_output' as const, call_id: call!.call_id, output: 'sunny' };
    const second = await openai.responses.create({
      model,
      tools: [FUNCTION],
      previous_response_id: first.id,
      input: [result, { role: 'assistant', content: 'Well' }, { role: 'user', content: 'Go on' }],
    });
    const all = await list(second.id);
    expect(all.map((item) => item.type)).toEqual([
      'message',
      ...first.output.map(({ type }) => type),
      'function_call_output',
      'message',
      'message',
    ]);
    expect(all.at(-2)).toMatchObject({ role: 'assistant', content: [{ type: 'output_text', text: 'Well' }] });
    expect(all).toEqual(expect.arrayContaining(first.output.map(({ id }) => expect.objectContaining({ id }))));
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(await list(second.id, { limit: 2, order: 'asc' })).toEqual(all);
    expect(await list(second.id, { limit: 1 })).toEqual(all.toReversed());
    const page = await openai.responses.inputItems.list(second.id, { limit: 2, order: 'asc' }).asResponse();
    expect(await page.json()).toEqual({
      object: 'list',
      data: all.slice(0, 2),
      first_id: all[0]!.id,
      last_id: all[1]!.id,
      has_more: true,
    });
  });
});

describe('the input of a response', () => {
  it('is nobody else’s, and none of what was never stored', async () => {
    const { id } = await openai.responses.create({ model: 'anthropic/small', input: 'Hello' });
    const { secret } = await addKey(gateway.runtime);
    const other = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: secret, maxRetries: 0 });
    await expect(other.responses.inputItems.list(id)).rejects.toMatchObject({ status: 404, code: 'not_found' });
    await expect(list('resp_none')).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });

  it('is not listed from a place or by a measure that there is not', async () => {
    const { id } = await openai.responses.create({ model: 'anthropic/small', input: 'Hello' });
    for (const query of [{ after: 'msg_none' }, { limit: 0 }, { limit: 101 }, { order: 'up' as 'asc' }]) {
      const [param] = Object.keys(query);
      await expect(list(id, query)).rejects.toMatchObject({ status: 400, code: 'invalid_request', param });
    }
  });
});
