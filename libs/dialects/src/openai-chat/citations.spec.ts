import { describe, expect, it } from '@jest/globals';
import { readCitations } from './citations.ts';

const annotation = (url: string, title: string) => ({
  type: 'url_citation',
  url_citation: { url, title, start_index: 0, end_index: 0 },
});

describe("Perplexity's sources", () => {
  it('are annotations with title and address', () => {
    const results = [{ title: 'T', url: 'https://a.example', snippet: 's' }, { url: 'http://b.example' }];
    expect(readCitations({ search_results: results, citations: ['https://c.example'] })).toEqual([
      annotation('https://a.example', 'T'),
      annotation('http://b.example', 'http://b.example'),
    ]);
    expect(readCitations({ citations: ['https://c.example'] })).toEqual([
      annotation('https://c.example', 'https://c.example'),
    ]);
  });

  it('are none where they have no address', () => {
    const results = [null, 3, {}, { url: '' }, { url: 'javascript:alert(1)' }, { url: 5 }];
    expect(readCitations({ search_results: results })).toEqual([]);
    expect(readCitations({})).toEqual([]);
    expect(readCitations({ citations: 'https://c.example' })).toEqual([]);
  });
});
