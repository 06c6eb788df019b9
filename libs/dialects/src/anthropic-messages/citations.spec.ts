import { describe, expect, it } from '@jest/globals';
import { decodeCitations } from './citations.ts';

describe('decodeCitations', () => {
  it('turns web citations into url_citation annotations with their place in the text', () => {
    const web = {
      type: 'web_search_result_location',
      url: 'https://example.com',
      title: 'Example',
      cited_text: 'words',
      encrypted_index: 'opaque',
    };
    expect(decodeCitations([web], 5, 9)).toEqual([
      {
        type: 'url_citation',
        url_citation: { url: 'https://example.com', title: 'Example', start_index: 5, end_index: 9, content: 'words' },
      },
    ]);
  });

  it('takes the source of a search result where it is an address', () => {
    const [annotation] = decodeCitations([{ type: 'search_result_location', source: 'https://example.com/a' }], 0, 1);
    expect(annotation).toMatchObject({ url_citation: { url: 'https://example.com/a', title: '' } });
  });

  it('leaves out citations of documents, which have no address', () => {
    const page = { type: 'page_location', document_index: 0, start_page_number: 1 };
    expect(decodeCitations([page, { source: 'handbook' }, null, 'x'], 0, 1)).toEqual([]);
  });
});
