import { isObject, objectsOf, textOf, type JsonObject } from './json.ts';

/**
 * Grounding as OpenAI's `url_citation` annotations, one for each source of each supported passage. Gemini counts UTF-8
 * bytes, OpenAI characters: https://ai.google.dev/api/generate-content#Segment
 */
export function decodeCitations(grounding: JsonObject | undefined, text: string): JsonObject[] {
  if (!grounding) return [];
  const sources = objectsOf(grounding['groundingChunks']).map(readSource);
  const bytes = Buffer.from(text);
  const characters = (end: unknown) => (typeof end === 'number' ? bytes.toString('utf8', 0, end).length : 0);
  return objectsOf(grounding['groundingSupports']).flatMap((support) => {
    const segment = isObject(support['segment']) ? support['segment'] : {};
    const indices = Array.isArray(support['groundingChunkIndices']) ? support['groundingChunkIndices'] : [];
    const cited = indices.flatMap((index) => (typeof index === 'number' ? (sources[index] ?? []) : []));
    const range = { start_index: characters(segment['startIndex']), end_index: characters(segment['endIndex']) };
    return cited.map((source) => ({ type: 'url_citation', url_citation: { ...source, ...range } }));
  });
}

type Source = { url: string; title: string };

/** Undefined for a source without an address, such as a passage of a file store. */
function readSource(chunk: JsonObject): Source | undefined {
  const source = [chunk['web'], chunk['retrievedContext'], chunk['maps']].find(isObject);
  const url = textOf(source?.['uri']);
  return url === undefined ? undefined : { url, title: textOf(source?.['title']) ?? url };
}
