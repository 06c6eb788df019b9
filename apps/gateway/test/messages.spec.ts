import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  parseMessageStream,
  postMessages,
  readError,
  readMessage,
  saying,
  textOf,
  type Block,
  type Message,
} from './support/messages-client.ts';
import { CONNECTIONS, readEcho, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';

const tool = (name: string, argument: string): object => ({
  name,
  description: `Tells the ${name}`,
  input_schema: { type: 'object', properties: { [argument]: { type: 'string' } }, required: [argument] },
});
const TOOLS = [tool('weather', 'city'), tool('time', 'zone'), tool('news', 'topic')];
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let gateway: SimulatedGateway;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
});
afterAll(() => gateway?.close());

const ask = async (body: object): Promise<Message> => readMessage(await postMessages(gateway, body));

async function stream(body: object): Promise<Message> {
  const response = await postMessages(gateway, { ...body, stream: true });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const { message, done, error } = parseMessageStream(await response.text());
  if (!message || !done) throw new Error(`the stream is not complete: ${JSON.stringify(error)}`);
  return message;
}

const callsOf = ({ content }: Message): Block[] => content.filter(({ type }) => type === 'tool_use');

describe.each(CONNECTIONS)('Anthropic’s client at %s', (connection) => {
  const model = `${connection}/small`;

  it('gets a message, whole and streamed', async () => {
    const body = saying(model, '[[sim:unicode]] [[sim:usage 11 7 4]]');
    const [whole, streamed] = [await ask(body), await stream(body)];
    for (const message of [whole, streamed]) {
      expect(message).toMatchObject({
        type: 'message',
        role: 'assistant',
        stop_reason: 'end_turn',
        stop_sequence: null,
      });
      expect(message.id).toMatch(/^msg_\w/);
      expect(message.content.map(({ type }) => type)).toEqual(['text']);
      expect(message.usage).toMatchObject({ input_tokens: 7, cache_read_input_tokens: 4, output_tokens: 7 });
    }
    expect(textOf(streamed)).toBe(textOf(whole));
    expect(textOf(whole)).toContain('👩‍👩‍👧‍👦');
  });

  it('says what it wants, and the provider hears it', async () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
    const content = [{ type: 'text', text: '[[sim:echo]]', cache_control: { type: 'ephemeral' } }, image];
    const system = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }];
    const fields = { system, temperature: 0.3, tools: TOOLS, tool_choice: { type: 'auto' } };
    const echo = readEcho(textOf(await ask(saying(model, content, fields))));
    expect(echo).toMatchObject({ system: 'Be brief.', tools: ['weather', 'time', 'news'] });
    expect(echo.images).toEqual([{ mime: 'image/png', bytes: Buffer.from(PNG, 'base64').length }]);
    expect(JSON.stringify(echo.params)).toContain('0.3');
  });

  it('gets an answer in the form that it asked for', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    };
    const output_config = { format: { type: 'json_schema', schema } };
    const message = await ask(saying(model, '[[sim:json]]', { output_config }));
    expect(JSON.parse(textOf(message))).toEqual({ city: expect.any(String) });
  });

  it('calls tools side by side, whole and streamed, until the answer is text', async () => {
    const body = saying(model, '[[sim:parallel]]', { tools: TOOLS });
    for (const message of [await ask(body), await stream(body)]) {
      const calls = callsOf(message);
      expect(calls.map(({ name, input }) => [name, input])).toEqual([
        ['weather', { city: 'sample' }],
        ['time', { zone: 'sample' }],
        ['news', { topic: 'sample' }],
      ]);
      expect(message.stop_reason).toBe('tool_use');
      const results = calls.map(({ id }, index) => ({
        type: 'tool_result',
        tool_use_id: id,
        content: [{ type: 'text', text: `result ${index}` }],
      }));
      const messages = [
        { role: 'user', content: '[[sim:parallel]]' },
        { role: 'assistant', content: message.content },
        { role: 'user', content: results },
      ];
      expect(textOf(await ask({ ...body, messages }))).toBe('weather: result 0\ntime: result 1\nnews: result 2');
    }
  });

  it('hears why an answer ended', async () => {
    expect((await ask(saying(model, '[[sim:length]]'))).stop_reason).toBe('max_tokens');
    expect((await stream(saying(model, '[[sim:length]]'))).stop_reason).toBe('max_tokens');
    expect((await ask(saying(model, '[[sim:filter]]'))).stop_reason).toBe('refusal');
  });

  it('hears of failures in Anthropic’s words', async () => {
    for (const [status, type] of [
      [429, 'rate_limit_error'],
      [500, 'api_error'],
    ]) {
      const response = await postMessages(gateway, saying(model, `[[sim:error ${status}]]`));
      const error = await readError(response);
      expect(error).toEqual({
        type: 'error',
        error: { type, message: expect.any(String) },
        request_id: response.headers.get('request-id'),
      });
    }
  });

  it.each(['fail', 'cut'])('hears of a stream that breaks (%s)', async (how) => {
    const response = await postMessages(gateway, saying(model, `[[sim:long 50]] [[sim:${how} 3]]`, { stream: true }));
    const { message, done, error } = parseMessageStream(await response.text());
    expect(textOf(message!)).not.toBe('');
    expect(done).toBe(false);
    expect(error).toMatchObject({ type: 'error', error: { type: expect.stringMatching(/^(api|overloaded)_error$/) } });
    expect(error?.request_id).toBe(response.headers.get('request-id'));
  });

  it('thinks, and its thoughts come back with the results of tools', async () => {
    const large = `${connection}/large`;
    const fields = { tools: TOOLS, max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } };
    const body = saying(large, '[[sim:reasoning]] [[sim:tools]]', fields);
    for (const message of [await ask(body), await stream(body)]) {
      const [call] = callsOf(message);
      const result = { type: 'tool_result', tool_use_id: call!['id'], content: 'sunny' };
      const messages = [
        { role: 'user', content: '[[sim:reasoning]] [[sim:tools]]' },
        { role: 'assistant', content: message.content },
        { role: 'user', content: [result] },
      ];
      expect(textOf(await ask({ ...body, messages }))).toBe('weather: sunny');
    }
  });
});
