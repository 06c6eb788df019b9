import type { Embedding, EmbeddingsRequest } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import type { DecodedEmbeddings } from './format.ts';
import { encodeVector, sizeOf } from './vectors.ts';

/** All answers of one request as one, in the encoding that was asked for. */
export type JoinedEmbeddings = {
  data: Embedding[];
  /** Over all calls; null: not every one was counted. */
  promptTokens: number | null;
  losses: Loss[];
};

/** Joins the answers of the calls that a request was put to a provider in, in their order. */
export function joinEmbeddings(request: EmbeddingsRequest, parts: readonly DecodedEmbeddings[]): JoinedEmbeddings {
  const encoding = request.encoding_format ?? 'float';
  const vectors = parts.flatMap((part) => part.vectors);
  const data = vectors.map((vector, index): Embedding => {
    return { object: 'embedding', index, embedding: encodeVector(vector, encoding) };
  });
  return { data, promptTokens: sumTokens(parts), losses: findWrongSize(request, vectors.map(sizeOf)) };
}

/** They are separate answers, each with tokens of its own. */
function sumTokens(parts: readonly DecodedEmbeddings[]): number | null {
  let sum = 0;
  for (const { promptTokens } of parts) {
    if (promptTokens === null) return null;
    sum += promptTokens;
  }
  return sum;
}

/** Some models take `dimensions` without a word and give the size they have. Cutting such a vector would ruin it. */
function findWrongSize({ dimensions }: EmbeddingsRequest, sizes: readonly number[]): Loss[] {
  const wrong = sizes.find((size) => size !== dimensions);
  if (dimensions == null || wrong === undefined) return [];
  return [{ param: 'dimensions', action: 'dropped', reason: `the model answered with ${wrong} dimensions` }];
}

/** The answer in OpenAI's shape. */
export function embeddingsResponse({ data }: Pick<JoinedEmbeddings, 'data'>, target: Target, promptTokens: number) {
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  return { object: 'list' as const, data, model: target.upstreamModel, usage };
}
