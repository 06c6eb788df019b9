import { invalidRequest, MAX_EMBEDDING_INPUTS, type EmbeddingsRequest } from '@parley/contracts';
import { countIn, fieldsOf, listOf, placeOf, requiredText, textIn } from '../gemini-generate-content/door-fields.ts';
import type { JsonObject } from '../json-values.ts';
import type { EmbeddingsDoor } from './format.ts';

/** What the path of a call says: the model, and whether it is `batchEmbedContents` or `embedContent`. */
export type GeminiEmbeddingsPath = { model: string; many: boolean };

/** Beside `content`. What asks for more than text (media, OCR) has no place here. */
const KNOWN: ReadonlySet<string> = new Set(['model', 'content', 'taskType', 'title', 'outputDimensionality']);

type Asked = { text: string; options: Partial<EmbeddingsRequest> };

/**
 * `POST /v1beta/models/{model}:embedContent` and `:batchEmbedContents`: https://ai.google.dev/api/embeddings
 * Opened for each call, since the path names the model. Throws `invalid_request`.
 */
export function openGeminiEmbeddings(
  body: unknown,
  { model, many }: GeminiEmbeddingsPath,
): { door: EmbeddingsDoor; request: EmbeddingsRequest } {
  const asked = many ? readRequests(body) : [readRequest(body, '')];
  const [first] = asked;
  const door: EmbeddingsDoor = {
    encodeResponse({ data, promptTokens }) {
      const embeddings = data.map(({ embedding }) => ({ values: embedding }));
      const usageMetadata = { promptTokenCount: promptTokens };
      return many ? { embeddings, usageMetadata } : { embedding: embeddings[0], usageMetadata };
    },
  };
  return { door, request: { model, input: asked.map(({ text }) => text), ...first!.options } };
}

function readRequests(body: unknown): Asked[] {
  const requests = listOf(fieldsOf(body, 'body')['requests']);
  if (requests.length === 0) throw invalidRequest('requests', 'is required');
  if (requests.length > MAX_EMBEDDING_INPUTS) {
    throw invalidRequest('requests', `must hold at most ${MAX_EMBEDDING_INPUTS} requests`);
  }
  const asked = requests.map((request, index) => readRequest(request, `requests.${index}`));
  const wanted = JSON.stringify(asked[0]!.options);
  const other = asked.findIndex(({ options }) => JSON.stringify(options) !== wanted);
  if (other < 0) return asked;
  throw invalidRequest(`requests.${other}`, 'must ask for the same task, title and size as the others');
}

function readRequest(value: unknown, param: string): Asked {
  const fields = fieldsOf(value, param === '' ? 'body' : param);
  const unknown = Object.keys(fields).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw invalidRequest(placeOf(param, unknown), 'is not supported here');
  const options: [string, unknown][] = [
    ['dimensions', countIn(fields, 'outputDimensionality', param, 1)],
    ['taskType', textIn(fields, 'taskType', param)],
    ['title', textIn(fields, 'title', param)],
  ];
  return {
    text: readText(fields, placeOf(param, 'content')),
    options: Object.fromEntries(options.filter(([, option]) => option !== undefined && option !== '')),
  };
}

/** All parts of a content are embedded as one. */
function readText({ content }: JsonObject, param: string): string {
  const parts = listOf(fieldsOf(content, param)['parts']);
  if (parts.length === 0) throw invalidRequest(`${param}.parts`, 'is required');
  const texts = parts.map((part, at) => {
    const place = `${param}.parts.${at}`;
    return requiredText(fieldsOf(part, place), 'text', place);
  });
  return texts.join('\n');
}
