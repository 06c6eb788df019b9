import type { EmbeddingsRequest } from '@parley/contracts';
import type { EncodedRequest } from '../dialect.ts';
import type { DecodedEmbeddings, EmbeddingsContext, EmbeddingsFormat } from './format.ts';
import { inputsOf, listDropped, refuseDimensions, textsOf } from './request.ts';
import { readCount, readNumbers, shorten } from './vectors.ts';

/** Texts of one call, at Cohere and on Bedrock. */
export const COHERE_MAX_INPUTS = 96;
/** The sizes of Embed 4, trained so that the beginning of a vector is one by itself. Earlier models have one size. */
const SIZES = [256, 512, 1024, 1536];
/** Cohere's own parameters, passed on where the caller gives them. */
const OWN_FIELDS = ['input_type', 'truncate'];

/** Cohere's `POST /v2/embed`: https://docs.cohere.com/reference/embed */
export const cohereEmbeddings: EmbeddingsFormat = {
  id: 'cohere',
  maxInputs: COHERE_MAX_INPUTS,
  encodeRequest(request, { upstreamModel }) {
    const { body, losses } = encodeCohere(request, upstreamModel);
    return { body: { model: upstreamModel, ...body }, losses };
  },
  decodeResponse: decodeCohere,
};

/** The part that is the same on Bedrock. The kind of input must be named; documents are what is embedded most. */
export function encodeCohere(
  request: EmbeddingsRequest,
  upstreamModel: string,
): EncodedRequest & { body: Record<string, unknown> } {
  const { texts, losses } = textsOf(request);
  const { dimensions, input_type: inputType, truncate } = request;
  const size = dimensions == null ? undefined : SIZES.find((known) => known >= dimensions);
  const isSized = /embed-v4/.test(upstreamModel);
  if (dimensions != null && !isSized) losses.push(refuseDimensions('the model has one size only'));
  else if (dimensions != null && size === undefined)
    losses.push(refuseDimensions('the model has no vectors that large'));
  return {
    body: {
      texts,
      input_type: typeof inputType === 'string' ? inputType : 'search_document',
      embedding_types: ['float'],
      ...(size !== undefined && isSized && { output_dimension: size }),
      ...(typeof truncate === 'string' && { truncate }),
    },
    losses: [...losses, ...listDropped(request, OWN_FIELDS)],
  };
}

type Answer = {
  /** By type, or a list from models that know floats only. */
  embeddings?: { float?: unknown } | unknown[] | null;
  meta?: { billed_units?: { input_tokens?: unknown } | null } | null;
};

export function decodeCohere(body: unknown, { request, headers }: EmbeddingsContext): DecodedEmbeddings {
  const { embeddings, meta } = (body ?? {}) as Answer;
  const values = Array.isArray(embeddings) ? embeddings : embeddings?.float;
  const { dimensions } = request;
  const vectors = readNumbers(values, inputsOf(request).length).map((vector) =>
    dimensions != null && dimensions < vector.length ? shorten(vector, dimensions) : vector,
  );
  const counted = meta?.billed_units?.input_tokens ?? headers['x-amzn-bedrock-input-token-count'];
  return { vectors, promptTokens: readCount(counted) };
}
