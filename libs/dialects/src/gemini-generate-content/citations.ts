import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';

/**
 * Grounding as OpenAI's `url_citation` annotations, one for each source of each supported passage. Gemini counts UTF-8
 * bytes, OpenAI characters: https://ai.google.dev/api/generate-content#Segment
 */
export function decodeCitations(grounding: JsonObject | undefined, text: string): JsonObject[] {
  if (!grounding) return [];
  const sources = objectsIn(grounding['groundingChunks']).map(readSource);
  const bytes = Buffer.from(text);
  return objectsIn(grounding['groundingSupports']).flatMap((support) => {
    const range = readRange(isObject(support['segment']) ? support['segment'] : {}, text, bytes);
    const indices = Array.isArray(support['groundingChunkIndices']) ? support['groundingChunkIndices'] : [];
    const cited = indices.flatMap((index) => (typeof index === 'number' ? (sources[index] ?? []) : []));
    return cited.map((source) => ({ type: 'url_citation', url_citation: { ...source, ...range } }));
  });
}

/** The passage itself decides where the offsets miss it, as they count from the start of a part, not of the answer. */
function readRange(segment: JsonObject, text: string, bytes: Buffer): { start_index: number; end_index: number } {
  const characters = (end: unknown) => (typeof end === 'number' ? bytes.toString('utf8', 0, end).length : 0);
  const start = characters(segment['startIndex']);
  const passage = textOf(segment['text']);
  if (passage === undefined) return { start_index: start, end_index: characters(segment['endIndex']) };
  const found = text.startsWith(passage, start) ? start : text.indexOf(passage);
  const from = found < 0 ? start : found;
  return { start_index: from, end_index: from + passage.length };
}

type Source = { url: string; title: string };

/** Undefined for a source without an address, such as a passage of a file store. */
function readSource(chunk: JsonObject): Source | undefined {
  const source = [chunk['web'], chunk['retrievedContext'], chunk['maps']].find(isObject);
  const url = textOf(source?.['uri']);
  return url === undefined ? undefined : { url, title: textOf(source?.['title']) ?? url };
}

/** The way back; undefined where nothing is cited. */
export function encodeCitations(annotations: readonly unknown[], text: string): JsonObject | undefined {
  const cited = annotations.flatMap((annotation) => {
    const citation = isObject(annotation) ? annotation['url_citation'] : undefined;
    return isObject(citation) && textOf(citation['url']) !== undefined ? [citation] : [];
  });
  if (cited.length === 0) return undefined;
  return {
    groundingChunks: cited.map(({ url, title }) => ({ web: { uri: url, title: textOf(title) ?? url } })),
    groundingSupports: cited.map((citation, index) => ({
      segment: encodeRange(citation, text),
      groundingChunkIndices: [index],
    })),
  };
}

function encodeRange({ start_index: start, end_index: end }: JsonObject, text: string): JsonObject {
  if (typeof start !== 'number' || typeof end !== 'number') return {};
  const bytes = (length: number): number => Buffer.byteLength(text.slice(0, length));
  return { startIndex: bytes(start), endIndex: bytes(end), text: text.slice(start, end) };
}
