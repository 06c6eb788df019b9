import { describe, expect, it } from '@jest/globals';
import { joinEmbeddings } from './join.ts';
import { packFloats } from './vectors.ts';

const request = { model: 'm', input: ['a', 'b', 'c'] };
const parts = [
  { vectors: [[1, 0], packFloats([0, 1])], promptTokens: 3 },
  { vectors: [[0.5, 0.5]], promptTokens: 4 },
];

describe('the answers of several calls', () => {
  it('are one, in order, with the tokens of all', () => {
    expect(joinEmbeddings(request, parts)).toEqual({
      data: [
        { object: 'embedding', index: 0, embedding: [1, 0] },
        { object: 'embedding', index: 1, embedding: [0, 1] },
        { object: 'embedding', index: 2, embedding: [0.5, 0.5] },
      ],
      promptTokens: 7,
      losses: [],
    });
  });

  it('are in the encoding that was asked for', () => {
    const { data } = joinEmbeddings({ ...request, encoding_format: 'base64' }, parts);
    expect(data.map(({ embedding }) => embedding)).toEqual(
      [
        [1, 0],
        [0, 1],
        [0.5, 0.5],
      ].map(packFloats),
    );
  });

  it('say so where the vectors are of another size than was asked for, in either encoding', () => {
    expect(joinEmbeddings({ ...request, dimensions: 2 }, parts).losses).toEqual([]);
    expect(joinEmbeddings({ ...request, dimensions: 3 }, parts).losses).toMatchObject([
      { param: 'dimensions', action: 'dropped', reason: 'the model answered with 2 dimensions' },
    ]);
  });
});
