import { isObject, textOr, type JsonObject } from '../json-values.ts';

/**
 * Writes the citations of one text block as OpenAI's `url_citation` annotations, with OpenRouter's `content` for the
 * cited words. `start` and `end` are where the block stands in the whole text, in UTF-16 units. Citations of the
 * caller's own documents have no address, hence no annotation.
 */
export function decodeCitations(citations: readonly unknown[], start: number, end: number): JsonObject[] {
  return citations.filter(isObject).flatMap((citation) => {
    const url = textOr(citation['url'], undefined) ?? webSource(citation['source']);
    if (url === undefined) return [];
    const cited = textOr(citation['cited_text'], undefined);
    return [
      {
        type: 'url_citation',
        url_citation: {
          url,
          title: textOr(citation['title'], ''),
          start_index: start,
          end_index: end,
          ...(cited !== undefined && { content: cited }),
        },
      },
    ];
  });
}

/** A search result of the caller's own names its origin as it likes, often as an address. */
function webSource(source: unknown): string | undefined {
  return typeof source === 'string' && /^https?:\/\//.test(source) ? source : undefined;
}
