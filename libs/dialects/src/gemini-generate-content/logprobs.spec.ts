import { describe, expect, it } from '@jest/globals';
import { decodeLogprobs } from './logprobs.ts';

describe('decodeLogprobs', () => {
  it('gives each chosen token with its alternatives', () => {
    const result = {
      chosenCandidates: [{ token: 'Hé', tokenId: 1, logProbability: -0.1 }, { token: '!' }],
      topCandidates: [
        {
          candidates: [
            { token: 'Hé', logProbability: -0.1 },
            { token: 'Ho', logProbability: -2 },
          ],
        },
      ],
    };
    expect(decodeLogprobs(result)).toEqual({
      content: [
        {
          token: 'Hé',
          logprob: -0.1,
          bytes: [72, 195, 169],
          top_logprobs: [
            { token: 'Hé', logprob: -0.1, bytes: [72, 195, 169] },
            { token: 'Ho', logprob: -2, bytes: [72, 111] },
          ],
        },
        { token: '!', logprob: 0, bytes: [33], top_logprobs: [] },
      ],
      refusal: null,
    });
  });

  it('gives nothing when there is nothing', () => {
    expect(decodeLogprobs(undefined)).toBeUndefined();
  });
});
