import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAI } from 'openai';
import { CONNECTIONS, readEcho, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';

type Messages = OpenAI.ChatCompletionMessageParam[];

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};

let gateway: SimulatedGateway;
let openai: OpenAI;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
  ({ openai } = gateway);
});
afterAll(() => gateway?.close());

const saying = (content: string): Messages => [{ role: 'user', content }];

describe.each(CONNECTIONS)('OpenAI’s client talking to %s', (connection) => {
  const model = `${connection}/small`;

  it('gets the text whole', async () => {
    const { data, response } = await openai.chat.completions
      .create({ model, messages: saying('Hello there') })
      .withResponse();
    expect(data).toMatchObject({ object: 'chat.completion', model: 'small' });
    expect(data.id).toMatch(/^chatcmpl-\w/);
    expect(data.choices).toHaveLength(1);
    expect(data.choices[0]).toMatchObject({ index: 0, finish_reason: 'stop' });
    expect(data.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'You said: Hello there' });
    expect(response.headers.get('x-parley-model')).toBe(model);
    expect(response.headers.get('x-parley-attempts')).toBe('1');
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{20,}$/);
    expect(response.headers.get('request-id')).toBe(response.headers.get('x-request-id'));
  });

  it('gets the same text as a stream', async () => {
    const stream = openai.chat.completions.stream({ model, messages: saying('[[sim:unicode]]') });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.id).toMatch(/^chatcmpl-\w/);
    const whole = await openai.chat.completions.create({ model, messages: saying('[[sim:unicode]]') });
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.choices[0]?.message.content).toContain('Привет');
    expect(streamed.choices[0]?.finish_reason).toBe('stop');
  });

  it('is understood with system and developer messages and a conversation', async () => {
    const { choices } = await openai.chat.completions.create({
      model,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: 'Be kind.' },
        { role: 'user', content: 'One' },
        { role: 'assistant', content: 'Two' },
        { role: 'user', content: '[[sim:echo]]' },
      ],
    });
    const echo = readEcho(choices[0]?.message.content);
    expect(echo.system).toContain('Be brief.');
    expect(echo.system).toContain('Be kind.');
    expect(echo.roles.filter((role) => !['system', 'developer'].includes(role))).toEqual([
      'user',
      connection === 'google' ? 'model' : 'assistant',
      'user',
    ]);
  });

  it('sends images by address and by value', async () => {
    const { choices } = await openai.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: '[[sim:echo]]' },
            { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
    });
    expect(readEcho(choices[0]?.message.content).images).toEqual([
      { url: 'https://example.com/cat.png' },
      { mime: 'image/png', bytes: Buffer.from(PIXEL, 'base64').length },
    ]);
  });

  it('gets JSON for json_object', async () => {
    const { data, response } = await openai.chat.completions
      .create({ model, messages: saying('[[sim:echo]] In JSON'), response_format: { type: 'json_object' } })
      .withResponse();
    const echo = readEcho(data.choices[0]?.message.content);
    // Anthropic has no such mode: there the model is told so.
    expect(echo.system.includes('JSON')).toBe(connection === 'anthropic');
    expect(echo.jsonSchema).toEqual(connection === 'anthropic' ? null : {});
    expect(response.headers.get('x-parley-losses')).toBe(
      connection === 'anthropic' ? 'response_format=emulated' : null,
    );
  });

  it('gets what the schema of json_schema asks for, whole and streamed', async () => {
    const response_format = {
      type: 'json_schema',
      json_schema: { name: 'person', strict: true, schema: SCHEMA },
    } as const;
    const request = { model, messages: saying('Who?'), response_format };
    const whole = await openai.chat.completions.create(request);
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
    for (const { choices } of [whole, streamed]) {
      expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ name: 'sample', age: 1 });
      expect(choices[0]?.finish_reason).toBe('stop');
    }
  });

  it.each([
    ['length', 'length'],
    ['filter', 'content_filter'],
    ['tools', 'tool_calls'],
    ['empty', 'stop'],
  ])('is told the end of [[sim:%s]] as %s, whole and streamed', async (marker, finish) => {
    const messages = saying(`[[sim:${marker}]] Go`);
    const whole = await openai.chat.completions.create({ model, messages });
    expect(whole.choices[0]?.finish_reason).toBe(finish);
    const finishes: (string | null | undefined)[] = [];
    for await (const chunk of await openai.chat.completions.create({ model, messages, stream: true })) {
      finishes.push(...chunk.choices.map((choice) => choice.finish_reason));
    }
    expect(finishes.filter(Boolean)).toEqual([finish]);
  });

  it('is told of a refusal', async () => {
    const { choices } = await openai.chat.completions.create({ model, messages: saying('[[sim:refusal]]') });
    const [choice] = choices;
    // OpenAI says it in a field of its own; the others by their reason to end.
    if (connection === 'openai') expect(choice?.message.refusal).toBe('I cannot help with that.');
    else expect(choice?.finish_reason).toBe('content_filter');
  });

  it('gets usage with its details, whole and, when it asks, at the end of a stream', async () => {
    const messages = saying('[[sim:usage 100 40 30 10]] [[sim:reasoning]]');
    const whole = await openai.chat.completions.create({ model, messages });
    const expected = { prompt_tokens: 100, completion_tokens: 40, total_tokens: 140 };
    expect(whole.usage).toMatchObject({ ...expected, prompt_tokens_details: { cached_tokens: 30 } });
    const streamed = await openai.chat.completions
      .stream({ model, messages, stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole.usage?.completion_tokens_details?.reasoning_tokens).toBe(10);
  });

  it('gets no usage in a stream when it did not ask', async () => {
    const stream = await openai.chat.completions.create({ model, messages: saying('Hi'), stream: true });
    for await (const chunk of stream) {
      expect(chunk.choices).toHaveLength(1);
      expect(chunk.usage ?? null).toBeNull();
    }
  });

  it('is told the cost of a whole answer to the last digit', async () => {
    const { response } = await openai.chat.completions
      .create({ model, messages: saying('[[sim:usage 100 40 30 10]]') })
      .withResponse();
    // 70 at $1, 30 cached at $0.10, 40 at $2 per million.
    expect(response.headers.get('x-parley-cost-usd')).toBe('0.000153');
  });
});
