import type { EmbeddingsFormat } from './format.ts';
import { COHERE_MAX_INPUTS, decodeCohere, encodeCohere } from './cohere.ts';
import { inputsOf, listDropped, refuseDimensions, textsOf } from './request.ts';
import { readCount, readNumbers } from './vectors.ts';

/** Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
const TITAN_V2_SIZES = [256, 512, 1024];

/** Amazon Titan on Bedrock's `invoke`: one text in a call. */
export const titanEmbeddings: EmbeddingsFormat = {
  id: 'bedrock-invoke',
  maxInputs: 1,
  encodeRequest(request, { upstreamModel }) {
    const { texts, losses } = textsOf(request);
    const { dimensions } = request;
    const sizes = /embed-text-v2/.test(upstreamModel) ? TITAN_V2_SIZES : [];
    if (dimensions != null && !sizes.includes(dimensions)) {
      losses.push(
        refuseDimensions(sizes.length > 0 ? `the model has ${sizes.join(', ')}` : 'the model has one size only'),
      );
    }
    return {
      body: { inputText: texts[0], ...(dimensions != null && { dimensions }) },
      losses: [...losses, ...listDropped(request)],
    };
  },
  decodeResponse(body, { request, headers }) {
    const answer = (body ?? {}) as Record<string, unknown>;
    const vectors = readNumbers([answer['embedding']], inputsOf(request).length);
    const counted = answer['inputTextTokenCount'] ?? headers['x-amzn-bedrock-input-token-count'];
    return { vectors, promptTokens: readCount(counted) };
  },
};

/** Cohere on Bedrock's `invoke`; tokens are counted in a header. */
export const cohereOnBedrock: EmbeddingsFormat = {
  id: 'bedrock-invoke',
  maxInputs: COHERE_MAX_INPUTS,
  encodeRequest: (request, { upstreamModel }) => encodeCohere(request, upstreamModel),
  decodeResponse: decodeCohere,
};

/** Every maker's models have a body of their own; others than these two are not known to embed. */
export function bedrockEmbeddings(upstreamModel: string): EmbeddingsFormat | undefined {
  if (/cohere\.embed/.test(upstreamModel)) return cohereOnBedrock;
  return /titan-embed-text|titan-embed-g1-text/.test(upstreamModel) ? titanEmbeddings : undefined;
}
