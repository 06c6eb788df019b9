import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  partsOf,
  postGemini,
  readAnswer,
  readEvents,
  saying,
  textOf,
  type GeminiAnswer,
} from './support/gemini-client.ts';
import { CONNECTIONS, startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';

const TOOLS = [
  {
    functionDeclarations: ['weather', 'time', 'news'].map((name) => ({
      name,
      parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } } },
    })),
  },
];
const THINKING = { generationConfig: { thinkingConfig: { thinkingBudget: 2048, includeThoughts: true } } };

let gateway: SimulatedGateway;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
});
afterAll(() => gateway?.close());

describe.each(CONNECTIONS)('the /v1beta door over %s', (connection) => {
  const model = `models/${connection}/small`;
  const ask = async (body: object, name = model) =>
    readAnswer(await postGemini(gateway, `${name}:generateContent`, body));
  const stream = async (body: object, name = model) =>
    readEvents(await postGemini(gateway, `${name}:streamGenerateContent?alt=sse`, body));

  it('answers whole, as a stream and as an array, and all say the same', async () => {
    const whole = await ask(saying('Hi there'));
    expect(whole).toMatchObject({
      candidates: [
        { content: { role: 'model', parts: [{ text: 'You said: Hi there' }] }, finishReason: 'STOP', index: 0 },
      ],
      usageMetadata: { promptTokenCount: expect.any(Number), candidatesTokenCount: expect.any(Number) },
    });
    const events = await stream(saying('Hi there'));
    const response = await postGemini(gateway, `${model}:streamGenerateContent`, saying('Hi there'));
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const array = (await response.json()) as GeminiAnswer[];
    for (const answers of [events, array]) {
      expect(answers.length).toBeGreaterThan(1);
      expect(textOf(answers)).toBe('You said: Hi there');
      expect(answers.flatMap(({ candidates }) => candidates.flatMap(({ finishReason }) => finishReason ?? []))).toEqual(
        ['STOP'],
      );
      expect(answers.at(-1)?.usageMetadata).toEqual(whole.usageMetadata);
      expect(new Set(answers.map(({ responseId }) => responseId)).size).toBe(1);
    }
  });

  it.each([
    `models%2F${connection}%2Fsmall`,
    `models/${connection}%2Fsmall`,
    `${connection}/small`,
    `models/models/${connection}/small`,
  ])('finds the model at %s', async (name) => expect(textOf([await ask(saying('Hi'), name)])).toBe('You said: Hi'));

  it('shows thoughts to those who ask for them', async () => {
    const shown = await ask(saying('Hi', THINKING), `models/${connection}/large`);
    expect(partsOf([shown])[0]).toEqual({ text: expect.stringContaining('Let me think.'), thought: true });
    expect(textOf([shown])).toBe('You said: Hi');
    expect(shown.usageMetadata?.['thoughtsTokenCount']).toBe(16);
  });

  it.each([false, true])('goes through a tool loop with parallel calls, streamed: %s', async (streams) => {
    const question = { role: 'user', parts: [{ text: '[[sim:parallel]] Hi' }] };
    const body = { contents: [question], tools: TOOLS, ...THINKING };
    const large = `models/${connection}/large`;
    const parts = partsOf(streams ? await stream(body, large) : [await ask(body, large)]);
    const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
    expect(calls.map(({ name }) => name)).toEqual(['weather', 'time', 'news']);
    const results = calls.map(({ id, name }) => ({
      functionResponse: { ...(id !== undefined && { id }), name, response: { result: `${name} is fine` } },
    }));
    const contents = [question, { role: 'model', parts }, { role: 'user', parts: results }];
    const answer = await ask({ contents, tools: TOOLS, ...THINKING }, large);
    expect(textOf([answer])).toContain('weather: weather is fine\ntime: time is fine\nnews: news is fine');
  });

  it('tells a provider’s failure in Google’s shape, before and inside of a stream', async () => {
    const refused = await postGemini(gateway, `${model}:generateContent`, saying('[[sim:error 400]]'));
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        details: expect.arrayContaining([expect.objectContaining({ reason: 'PROVIDER_REFUSED_REQUEST' })]),
      },
    });
    const events = await stream(saying('[[sim:cut 3]] one two three four five six'));
    expect(events.length).toBeGreaterThan(1);
    expect(events.at(-1)).toEqual({ error: expect.objectContaining({ code: 502, status: 'UNAVAILABLE' }) });
    expect(events.some((event) => event.candidates?.some(({ finishReason }) => finishReason))).toBe(false);
  });
});
