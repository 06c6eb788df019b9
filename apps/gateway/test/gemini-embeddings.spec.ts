import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postGemini } from './support/gemini-client.ts';
import { startSimulatedGateway, type SimulatedGateway } from './support/simulated-gateway.ts';

const MODELS = ['openai/text-embedding-3-small', 'google/gemini-embedding-001'];

let gateway: SimulatedGateway;
beforeAll(async () => {
  gateway = await startSimulatedGateway();
});
afterAll(() => gateway?.close());

type Embedded = { values: number[] };

async function post<Answer>(path: string, body: object): Promise<{ answer: Answer; response: Response }> {
  const response = await postGemini(gateway, `models/${path}`, body);
  if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  return { answer: (await response.json()) as Answer, response };
}

const asking = (text: string, fields: object = {}): object => ({ content: { parts: [{ text }] }, ...fields });

describe.each(MODELS)('embeddings of %s for Google’s clients', (model) => {
  it('are those that OpenAI’s clients get', async () => {
    const input = ['one', 'two'];
    const { data, usage } = await gateway.openai.embeddings.create({ model, input, dimensions: 8 });
    const requests = input.map((text) => asking(text, { model: `models/${model}`, outputDimensionality: 8 }));
    const { answer, response } = await post(`${model}:batchEmbedContents`, { requests });
    expect(answer).toEqual({
      embeddings: data.map(({ embedding }) => ({ values: embedding.map((value) => expect.closeTo(value, 5)) })),
      usageMetadata: { promptTokenCount: usage.prompt_tokens },
    });
    expect(response.headers.get('x-parley-model')).toBe(model);
    expect(Number(response.headers.get('x-parley-cost-usd'))).toBeGreaterThan(0);
  });

  it('come one by one too', async () => {
    const { answer: one } = await post<{ embedding: Embedded }>(`${model}:embedContent`, asking('one'));
    const { data } = await gateway.openai.embeddings.create({ model, input: 'one', encoding_format: 'float' });
    expect(one.embedding.values).toEqual(data[0]!.embedding);
  });

  it('say what a text is for where that is known, and tell where it is not', async () => {
    const { response } = await post(`${model}:embedContent`, asking('one', { taskType: 'RETRIEVAL_QUERY' }));
    expect(response.headers.get('x-parley-losses')).toBe(model === MODELS[0] ? 'taskType=dropped' : null);
  });
});

it('names what is wrong in Google’s shape, and refuses models that make none', async () => {
  const wrong = await postGemini(gateway, `models/${MODELS[0]}:embedContent`, { content: { parts: [{}] } });
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({
    error: {
      status: 'INVALID_ARGUMENT',
      details: expect.arrayContaining([
        expect.objectContaining({ fieldViolations: [expect.objectContaining({ field: 'content.parts.0.text' })] }),
      ]),
    },
  });
  const chats = await postGemini(gateway, 'models/anthropic/small:embedContent', asking('one'));
  expect(chats.status).toBe(400);
});
