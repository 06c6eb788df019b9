import { countOf, isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';

/**
 * Citations as OpenAI's annotations, one for each source: `url_citation` for a source that has an address, and
 * `file_citation` (the name that OpenAI's Responses have for it) for a document or tool result of the caller's own.
 * `blockStarts` tells where each content block stands in the whole text: Cohere counts from the start of a block, in
 * characters, the hub from the start of the text, in UTF-16 units.
 * Source: https://docs.cohere.com/docs/rag-citations
 */
export function decodeCitations(
  citations: readonly JsonObject[],
  text: string,
  blockStarts: ReadonlyMap<unknown, number>,
): JsonObject[] {
  return citations.filter(isOfText).flatMap((citation) => {
    const blockStart = blockStarts.get(citation['content_index']) ?? [...blockStarts.values()][0] ?? 0;
    const content = textOf(citation['text']);
    const range = findRange(text.slice(blockStart), citation, content);
    const place = {
      start_index: blockStart + range.start,
      end_index: blockStart + range.end,
      ...(content !== undefined && { content }),
    };
    return objectsIn(citation['sources']).map((source) => describeSource(source, place));
  });
}

/** Plans and thoughts are cited too, but they are no part of the text. */
function isOfText({ type }: JsonObject): boolean {
  return type === undefined || type === null || type === 'TEXT_CONTENT';
}

function findRange(text: string, citation: JsonObject, cited: string | undefined): { start: number; end: number } {
  const start = countOf(citation['start']) ?? 0;
  const end = countOf(citation['end']) ?? start;
  if (cited === undefined || text.slice(start, end) === cited) return { start, end };
  // Characters outside of the basic plane stand before it, each of which is two units.
  const shifted = Array.from(text).slice(0, start).join('').length;
  return { start: shifted, end: shifted + cited.length };
}

function describeSource(source: JsonObject, place: JsonObject): JsonObject {
  const held = [source['document'], source['tool_output']].find(isObject) ?? {};
  const url = textOf(held['url']);
  const title = textOf(held['title']);
  if (url !== undefined) return { type: 'url_citation', url_citation: { url, title: title ?? url, ...place } };
  const id = textOf(source['id']) ?? '';
  return { type: 'file_citation', file_citation: { file_id: id, filename: title ?? id, ...place } };
}
