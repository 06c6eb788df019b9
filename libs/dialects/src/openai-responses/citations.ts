import { textOr, type JsonObject } from '../json-values.ts';

/**
 * Writes one annotation in the form of chat; undefined for what chat has no form for (citations of files). `start` is
 * where the annotated part begins in the whole text. xAI names no place: then the part's beginning stands for it.
 */
export function decodeAnnotation(annotation: JsonObject, start: number): JsonObject | undefined {
  if (annotation['type'] !== 'url_citation') return undefined;
  const place = (value: unknown): number => start + (typeof value === 'number' ? value : 0);
  return {
    type: 'url_citation',
    url_citation: {
      url: textOr(annotation['url'], ''),
      title: textOr(annotation['title'], ''),
      start_index: place(annotation['start_index']),
      end_index: place(annotation['end_index']),
    },
  };
}
