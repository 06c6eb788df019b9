import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../src/server.ts';
import { journal } from './stand.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ port: 0, host: '127.0.0.1' });
});
afterAll(() => simulator?.close());

type Answer = {
  data: { object: string; index: number; embedding: number[] }[];
  embeddings: { values: number[] }[];
  embedding: { values: number[] };
  usage?: unknown;
  usageMetadata?: { promptTokenCount: number };
  error: { message: string };
};

async function post(path: string, headers: Record<string, string>, body: object) {
  const response = await fetch(simulator.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, answer: (await response.json()) as Answer };
}
const openai = (input: unknown, fields: object = {}) =>
  post('/openai/v1/embeddings', { authorization: 'Bearer any' }, { model: 'embed', input, ...fields });
const request = (text: string, fields: object = {}) => ({
  model: 'models/embed',
  content: { parts: [{ text }] },
  ...fields,
});
const gemini = (verb: string, body: object) =>
  post(`/gemini/v1beta/models/embed:${verb}`, { 'x-goog-api-key': 'any' }, body);
const lengthOf = (vector: number[]): number => Math.hypot(...vector);

describe('OpenAI’s embeddings', () => {
  it('are vectors of length 1 that depend on the text alone', async () => {
    const first = (await openai(['one', 'two', 'one'])).answer;
    const [one, two, again] = first.data.map(({ embedding }) => embedding);
    expect(first.data.map(({ index, object }) => [index, object])).toEqual([0, 1, 2].map((at) => [at, 'embedding']));
    expect(one).toHaveLength(1536);
    expect(again).toEqual(one);
    expect(two).not.toEqual(one);
    expect(lengthOf(one!)).toBeCloseTo(1, 5);
    expect((await openai('one')).answer.data[0]!.embedding).toEqual(one);
    // A token is four characters.
    expect(first.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
  });

  it('say the same as base64', async () => {
    const numbers = (await openai('x')).answer.data[0]!.embedding;
    const base64 = String((await openai('x', { encoding_format: 'base64' })).answer.data[0]!.embedding);
    const bytes = Buffer.from(base64, 'base64');
    expect(numbers.map((_, index) => bytes.readFloatLE(index * 4))).toEqual(numbers);
  });

  it('can be smaller, and have length 1 again', async () => {
    const [whole, small] = [(await openai('x')).answer, (await openai('x', { dimensions: 64 })).answer];
    const vector = small.data[0]!.embedding;
    expect(vector).toHaveLength(64);
    expect(lengthOf(vector)).toBeCloseTo(1, 5);
    expect(vector[0]! / vector[1]!).toBeCloseTo(whole.data[0]!.embedding[0]! / whole.data[0]!.embedding[1]!, 3);
  });

  it('take tokens, one text of them or several', async () => {
    expect((await openai([1, 2, 3])).answer).toMatchObject({ data: [{ index: 0 }], usage: { prompt_tokens: 3 } });
    expect((await openai([[1], [2, 3]])).answer.data).toHaveLength(2);
  });

  it.each<[string, unknown, object, string]>([
    ['an empty text', '', {}, '$.input'],
    ['no input', [], {}, '$.input'],
    ['mixed inputs', ['a', [1]], {}, '$.input'],
    ['an unknown field', 'x', { input_type: 'query' }, 'Unrecognized'],
    ['an unknown encoding', 'x', { encoding_format: 'int8' }, 'encoding_format'],
    ['dimensions below one', 'x', { dimensions: -1 }, "-1 is less than the minimum of 1 - 'dimensions'"],
  ])('are refused for %s', async (_what, input, fields, message) => {
    const { status, answer } = await openai(input, fields);
    expect(status).toBe(400);
    expect(answer.error.message).toContain(message);
  });

  it('follow the markers that shape delivery', async () => {
    expect((await openai(['fine', '[[sim:error 429 3]]'])).status).toBe(429);
    expect((await openai('[[sim:no-usage]]')).answer.usage).toBeUndefined();
    expect((await openai('[[sim:usage 70 0]]')).answer.usage).toEqual({ prompt_tokens: 70, total_tokens: 70 });
    expect((await openai('x', { model: 'missing' })).status).toBe(404);
    expect((await journal(simulator.url, 1))[0]).toMatchObject({ dialect: 'openai', model: 'missing', status: 404 });
  });
});

describe('Gemini’s embeddings', () => {
  it('come for one text or for many', async () => {
    const many = (await gemini('batchEmbedContents', { requests: [request('one'), request('two')] })).answer;
    const one = (await gemini('embedContent', { content: { parts: [{ text: 'one' }] } })).answer;
    expect(many.embeddings).toHaveLength(2);
    expect(one.embedding).toEqual(many.embeddings[0]);
    expect(one.embedding.values).toHaveLength(3072);
    expect(many.usageMetadata).toMatchObject({ promptTokenCount: 2 });
  });

  it('are cut and not brought to length 1 where they are smaller', async () => {
    const requests = [request('one', { outputDimensionality: 16 })];
    const { values } = (await gemini('batchEmbedContents', { requests })).answer.embeddings[0]!;
    expect(values).toHaveLength(16);
    expect(lengthOf(values)).toBeLessThan(0.5);
  });

  it.each<[string, object, string]>([
    ['another model in the body', { requests: [{ ...request('x'), model: 'models/other' }] }, 'models/embed'],
    ['an unknown field', { requests: [request('x', { size: 1 })] }, 'Unknown name "size"'],
    ['an empty text', { requests: [request('')] }, 'content is empty'],
    ['a size that is too large', { requests: [request('x', { outputDimensionality: 4000 })] }, 'from 1 to 3072'],
    ['more than a hundred', { requests: Array.from({ length: 101 }, () => request('x')) }, 'at most 100'],
  ])('are refused for %s', async (_what, body, message) => {
    const { status, answer } = await gemini('batchEmbedContents', body);
    expect([status, answer.error.message]).toEqual([400, expect.stringContaining(message)]);
  });
});
