import { describe, expect, it } from '@jest/globals';
import { decodeCitations } from './citations.ts';

const web = (uri: string, title: string) => ({ web: { uri, title } });

describe('decodeCitations', () => {
  it('gives an annotation for each source of a passage', () => {
    const grounding = {
      groundingChunks: [web('https://a.example', 'A'), web('https://b.example', 'B')],
      groundingSupports: [{ segment: { endIndex: 5, text: 'Hello' }, groundingChunkIndices: [0, 1] }],
    };
    expect(decodeCitations(grounding, 'Hello there')).toEqual([
      { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 5 } },
      { type: 'url_citation', url_citation: { url: 'https://b.example', title: 'B', start_index: 0, end_index: 5 } },
    ]);
  });

  it('counts characters where Gemini counts bytes', () => {
    const grounding = {
      groundingChunks: [web('https://a.example', 'A')],
      groundingSupports: [{ segment: { startIndex: 6, endIndex: 11 }, groundingChunkIndices: [0] }],
    };
    expect(decodeCitations(grounding, 'Äöü Paris')).toMatchObject([{ url_citation: { start_index: 3, end_index: 8 } }]);
  });

  it('finds a passage whose offsets count from another start', () => {
    const grounding = {
      groundingChunks: [web('https://a.example', 'A')],
      groundingSupports: [{ segment: { endIndex: 5, text: 'Paris' }, groundingChunkIndices: [0] }],
    };
    expect(decodeCitations(grounding, 'It is Paris')).toMatchObject([
      { url_citation: { start_index: 6, end_index: 11 } },
    ]);
  });

  it('leaves out sources without an address and indices without a source', () => {
    const grounding = {
      groundingChunks: [{ retrievedContext: { text: 'from a file store' } }],
      groundingSupports: [{ segment: { endIndex: 3 }, groundingChunkIndices: [0, 7, 'x'] }, {}],
    };
    expect(decodeCitations(grounding, 'abc')).toEqual([]);
    expect(decodeCitations(undefined, 'abc')).toEqual([]);
  });
});
