import { describe, expect, it } from '@jest/globals';
import { openGeminiEmbeddings } from './gemini-door.ts';

const content = (...texts: unknown[]) => ({ parts: texts.map((text) => ({ text })) });
const one = (body: unknown) => openGeminiEmbeddings(body, { model: 'c/m', many: false });
const many = (body: unknown) => openGeminiEmbeddings(body, { model: 'c/m', many: true });
const data = [[1, 2], [3]].map((embedding, index) => ({ object: 'embedding' as const, index, embedding }));

describe('embedContent', () => {
  it('is a request for the embedding of all parts as one, for the model of the path', () => {
    const options = { taskType: 'RETRIEVAL_QUERY', outputDimensionality: 8 };
    expect(one({ model: 'models/other', content: content('a', 'b'), ...options }).request).toEqual({
      model: 'c/m',
      input: ['a\nb'],
      taskType: 'RETRIEVAL_QUERY',
      dimensions: 8,
    });
    expect(one({ content: content('a'), output_dimensionality: 8, task_type: '', title: null }).request).toEqual({
      model: 'c/m',
      input: ['a'],
      dimensions: 8,
    });
  });

  it('answers with the one embedding', () => {
    const answer = one({ content: content('a') }).door.encodeResponse({ data: data.slice(0, 1), promptTokens: 5 });
    expect(answer).toEqual({ embedding: { values: [1, 2] }, usageMetadata: { promptTokenCount: 5 } });
  });

  it.each<[body: unknown, param: string]>([
    [[], 'body'],
    [{}, 'content'],
    [{ content: 'x' }, 'content'],
    [{ content: { parts: [] } }, 'content.parts'],
    [{ content: content('a', '') }, 'content.parts.1.text'],
    [{ content: content(5) }, 'content.parts.0.text'],
    [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }] } }, 'content.parts.0.text'],
    [{ content: content('a'), outputDimensionality: 0 }, 'outputDimensionality'],
    [{ content: content('a'), taskType: 1 }, 'taskType'],
    [{ content: content('a'), embedContentConfig: {} }, 'embedContentConfig'],
  ])('is refused: %j, for %s', (body, param) => {
    expect(() => one(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: expect.objectContaining({ param }) }),
    );
  });
});

describe('batchEmbedContents', () => {
  it('is one request for all texts, and answers in their order', () => {
    const task = { taskType: 'RETRIEVAL_DOCUMENT', title: 'T' };
    const { door, request } = many({ requests: ['a', 'b'].map((text) => ({ content: content(text), ...task })) });
    expect(request).toEqual({ model: 'c/m', input: ['a', 'b'], ...task });
    expect(door.encodeResponse({ data, promptTokens: 5 })).toEqual({
      embeddings: [{ values: [1, 2] }, { values: [3] }],
      usageMetadata: { promptTokenCount: 5 },
    });
  });

  it.each<[body: unknown, param: string]>([
    [{}, 'requests'],
    [{ requests: [] }, 'requests'],
    [{ requests: Array.from({ length: 2049 }, () => ({ content: content('a') })) }, 'requests'],
    [{ requests: [{ content: content('a') }, {}] }, 'requests.1.content'],
    [{ requests: [{ content: content('a') }, { content: content('a'), title: 'T' }] }, 'requests.1'],
    [{ requests: [{ content: content('a'), speech: 1 }] }, 'requests.0.speech'],
  ])('is refused where that names what is wrong', (body, param) => {
    expect(() => many(body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', details: expect.objectContaining({ param }) }),
    );
  });
});
