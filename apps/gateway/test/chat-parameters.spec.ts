import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asking, postChat, readCompletion, readError, readStream, textOf } from './support/chat-client.ts';
import { addConnection } from './support/configuration.ts';
import { CONNECTIONS, readEcho, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';
import { chatCompletion, sendJson, startUpstream, type Upstream } from './support/upstream.ts';

let gateway: SimulatedGateway;
let upstream: Upstream;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
  upstream = await startUpstream(sendJson(chatCompletion('Hello')));
  const { url: baseUrl } = upstream;
  await addConnection(gateway.runtime, { name: 'compatible', provider: 'openai-compatible', baseUrl });
  await gateway.runtime.configuration.reload();
});
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});

async function echoOf(model: string, fields: object) {
  const response = await postChat(gateway, asking(model, '[[sim:echo]]', fields));
  const { choices } = await readCompletion(response);
  return { echo: readEcho(choices[0]?.message.content), losses: response.headers.get('x-parley-losses') };
}

describe('parameters', () => {
  it('reach each provider under its own names', async () => {
    const fields = { stop: ['END'], max_tokens: 50, temperature: 0.5 };
    expect((await echoOf('openai/small', fields)).echo.params).toMatchObject(fields);
    expect((await echoOf('anthropic/small', fields)).echo.params).toMatchObject({
      stop_sequences: ['END'],
      max_tokens: 50,
      temperature: 0.5,
    });
    const { params } = (await echoOf('google/small', fields)).echo;
    expect(JSON.stringify(params)).toContain('"stopSequences":["END"]');
    expect(JSON.stringify(params)).toContain('"maxOutputTokens":50');
  });

  it('are reported where they could not be carried, and carried where they could', async () => {
    const fields = { seed: 7, frequency_penalty: 0.5 };
    expect((await echoOf('openai/small', fields)).losses).toBeNull();
    expect((await echoOf('google/small', fields)).losses).toBeNull();
    expect((await echoOf('anthropic/small', fields)).losses).toBe('seed=dropped, frequency_penalty=dropped');
  });

  it('that would be dropped are refused with x-parley-strict, before anything is sent', async () => {
    await gateway.simulator.reset();
    const headers = { 'x-parley-strict': '1' };
    const response = await postChat(gateway, asking('anthropic/small', 'Hi', { seed: 7 }), { headers });
    expect(response.status).toBe(400);
    expect(await readError(response)).toMatchObject({ code: 'unsupported_parameter', param: 'seed' });
    expect(await gateway.simulator.journal()).toEqual([]);
    const carried = await postChat(gateway, asking('google/small', 'Hi', { seed: 7 }), { headers });
    expect(carried.status).toBe(200);
  });

  it.each(CONNECTIONS)('ask %s for several choices, whole and streamed', async (connection) => {
    const request = asking(`${connection}/small`, 'Hi', { n: 2 });
    const { choices } = await readCompletion(await postChat(gateway, request));
    expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, 'You said: Hi'],
      [1, 'You said: Hi'],
    ]);
    const seen = await readStream(await postChat(gateway, { ...request, stream: true }));
    expect([textOf(seen, 0), textOf(seen, 1)]).toEqual(['You said: Hi', 'You said: Hi']);
  });

  it.each(CONNECTIONS)('ask %s for log probabilities, which come where they exist', async (connection) => {
    const request = asking(`${connection}/small`, 'Hi', { logprobs: true, top_logprobs: 2 });
    const response = await postChat(gateway, request);
    const { choices } = await readCompletion(response);
    if (connection === 'anthropic') {
      expect(response.headers.get('x-parley-losses')).toContain('logprobs=dropped');
      return;
    }
    const [first] = choices[0]!.logprobs!.content as { token: string; logprob: number; top_logprobs: unknown[] }[];
    expect(first?.token).toBe('You');
    expect(first?.logprob).toBeLessThanOrEqual(0);
    expect(first?.top_logprobs).toHaveLength(2);
  });
});

describe('a compatible provider', () => {
  it('gets the client’s bytes, with another model name and nothing else changed', async () => {
    const body = [
      '{ "zzz": {"b":1,"a":[1.0,2e3]},  "model" : "compatible/some\\u002fthing", "temperature":0.10,',
      '\n\t"messages":[{"role":"user","content":"\\u00e9 \\/ é","x":null}],"a":"b", "seed":9007199254740993 }',
    ].join('');
    const response = await postChat(gateway, body);
    expect(response.status).toBe(200);
    const sent = upstream.requests.at(-1)!;
    expect(sent.body.toString()).toBe(body.replace('"compatible/some\\u002fthing"', '"some/thing"'));
    expect(sent.path).toBe('/chat/completions');
    expect(sent.headers.authorization).toBe('Bearer test-provider-key');
  });

  it('gets no field that speaks to Parley, and is asked for the usage of a stream', async () => {
    const fields = { models: ['a'], provider: { order: ['b'] }, stream: true, x: 1 };
    await postChat(gateway, asking('compatible/m', 'Hi', fields));
    expect(JSON.parse(upstream.requests.at(-1)!.body.toString())).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
      x: 1,
    });
  });

  it('sees none of the caller’s headers', async () => {
    const headers = { 'x-private': 'secret', cookie: 'a=b', 'openai-organization': 'mine' };
    await postChat(gateway, asking('compatible/m', 'Hi'), { headers });
    const sent = upstream.requests.at(-1)!.headers;
    expect(Object.keys(sent).toSorted()).toEqual(
      ['authorization', 'connection', 'content-length', 'content-type', 'host', 'user-agent'].toSorted(),
    );
    expect(JSON.stringify(sent)).not.toContain(gateway.adminKey);
  });
});
