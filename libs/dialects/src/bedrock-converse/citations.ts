import { decodeCitations as decodeAnthropicCitations } from '../anthropic-messages/citations.ts';
import { isObject, objectsIn, textOr, type JsonObject } from '../json-values.ts';

/** Writes the citations of one piece of text as annotations; those of the caller's own documents have no address. */
export function decodeCitations(citations: readonly JsonObject[], start: number, end: number): JsonObject[] {
  return decodeAnthropicCitations(citations.map(asAnthropicCitation), start, end);
}

function asAnthropicCitation(citation: JsonObject): JsonObject {
  const location = isObject(citation['location']) ? citation['location'] : {};
  const web = isObject(location['web']) ? location['web'] : {};
  const cited = objectsIn(citation['sourceContent'])
    .map((part) => textOr(part['text'], ''))
    .join('');
  return {
    url: web['url'],
    source: citation['source'],
    title: citation['title'] ?? web['domain'],
    ...(cited !== '' && { cited_text: cited }),
  };
}
