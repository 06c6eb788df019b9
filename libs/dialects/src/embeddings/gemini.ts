import type { EmbeddingsRequest } from '@parley/contracts';
import type { Target } from '../dialect.ts';
import { throwIfError } from '../gemini-generate-content/failure.ts';
import { isObject, objectsIn, type JsonObject } from '../json-values.ts';
import type { EmbeddingsFormat } from './format.ts';
import { inputsOf, listDropped, TASK_FIELDS, textsOf } from './request.ts';
import { normalise, readCount, readNumbers } from './vectors.ts';

/**
 * Google's `:batchEmbedContents`: one request for each text. Vectors of another size than the model's own do not have
 * length 1 there:
 * https://ai.google.dev/gemini-api/docs/embeddings#quality-for-smaller-dimensions
 */
export const geminiEmbeddings: EmbeddingsFormat = {
  id: 'gemini',
  // Source: https://ai.google.dev/api/embeddings#method:-models.batchembedcontents
  maxInputs: 100,
  encodeRequest(request, target) {
    const { texts, losses } = textsOf(request);
    const model = modelResource(target);
    const requests = texts.map((text) => ({
      model,
      content: contentOf(text),
      ...taskAsked(request),
      ...sizeAsked(request),
    }));
    return { body: { requests }, losses: [...losses, ...listDropped(request, TASK_FIELDS)] };
  },
  decodeResponse(body, { request }) {
    const answer = readObject(body);
    const values = objectsIn(answer['embeddings']).map((embedding) => embedding['values']);
    const vectors = readNumbers(values, inputsOf(request).length);
    return { vectors: ofLengthOne(vectors, request), promptTokens: readUsage(answer) };
  },
};

/** Vertex AI's `:embedContent`, one text in a call, for Gemini Embedding 2 and later. */
export const vertexEmbedContent: EmbeddingsFormat = {
  id: 'vertex-embed-content',
  maxInputs: 1,
  encodeRequest(request) {
    const { texts, losses } = textsOf(request);
    const size = sizeAsked(request);
    const config = size.outputDimensionality === undefined ? {} : { embedContentConfig: size };
    return { body: { content: contentOf(texts[0] ?? ''), ...config }, losses: [...losses, ...listDropped(request)] };
  },
  decodeResponse(body, { request }) {
    const answer = readObject(body);
    const embedding = isObject(answer['embedding']) ? answer['embedding'] : {};
    const vectors = readNumbers([embedding['values']], inputsOf(request).length);
    return { vectors: ofLengthOne(vectors, request), promptTokens: readUsage(answer) };
  },
};

/**
 * Vertex AI's `:predict` for text models. A call takes 250 texts but no more than 20,000 tokens in all, so that fewer
 * texts are put into one; Gemini Embedding 001 takes one.
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings#api_limits
 */
export function createVertexPredict(maxInputs: number): EmbeddingsFormat {
  return {
    id: 'vertex-predict',
    maxInputs,
    encodeRequest(request) {
      const { texts, losses } = textsOf(request);
      const instances = texts.map((content) => ({ content }));
      return { body: { instances, parameters: sizeAsked(request) }, losses: [...losses, ...listDropped(request)] };
    },
    decodeResponse(body, { request }) {
      const embeddings = objectsIn(readObject(body)['predictions']).map(({ embeddings: found }) =>
        isObject(found) ? found : {},
      );
      const values = embeddings.map((embedding) => embedding['values']);
      const vectors = readNumbers(values, inputsOf(request).length);
      return { vectors: ofLengthOne(vectors, request), promptTokens: sumTokens(embeddings) };
    },
  };
}

const TEXTS_PER_PREDICTION = 32;
const vertexPredictOne = createVertexPredict(1);
const vertexPredictMany = createVertexPredict(TEXTS_PER_PREDICTION);

/** What Vertex AI asks of a model follows from its name. */
export function vertexEmbeddings(upstreamModel: string): EmbeddingsFormat {
  if (/gemini-embedding-001/.test(upstreamModel)) return vertexPredictOne;
  return /gemini-embedding/.test(upstreamModel) ? vertexEmbedContent : vertexPredictMany;
}

const contentOf = (text: string): JsonObject => ({ parts: [{ text }] });
const modelResource = ({ upstreamModel }: Target): string => `models/${upstreamModel.replace(/^models\//, '')}`;

function taskAsked(request: EmbeddingsRequest): JsonObject {
  return Object.fromEntries(
    TASK_FIELDS.flatMap((field) => (request[field] == null ? [] : [[field, request[field]] as const])),
  );
}

function sizeAsked({ dimensions }: EmbeddingsRequest): { outputDimensionality?: number } {
  return dimensions == null ? {} : { outputDimensionality: dimensions };
}

function readObject(body: unknown): JsonObject {
  throwIfError(body);
  return isObject(body) ? body : {};
}

const ofLengthOne = (vectors: number[][], { dimensions }: EmbeddingsRequest): number[][] =>
  dimensions == null ? vectors : vectors.map(normalise);

/** Older models tell nothing. */
function readUsage({ usageMetadata: usage }: JsonObject): number | null {
  return isObject(usage) ? (readCount(usage['promptTokenCount']) ?? readCount(usage['totalTokenCount'])) : null;
}

/** Counted for each text; where one count is missing the sum is not known. */
function sumTokens(embeddings: JsonObject[]): number | null {
  let sum = 0;
  for (const { statistics } of embeddings) {
    const count = isObject(statistics) ? readCount(statistics['token_count']) : null;
    if (count === null) return null;
    sum += count;
  }
  return sum;
}
