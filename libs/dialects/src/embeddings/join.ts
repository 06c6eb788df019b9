import type { ChatUsage, Embedding, EmbeddingsRequest } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import type { DecodedEmbeddings } from './format.ts';
import { encodeVector, sizeOf } from './vectors.ts';

/** An answer whose tokens are known, by the provider or by an estimate. */
export type CountedEmbeddings = DecodedEmbeddings & { promptTokens: number };

/** All answers of one request as one, in the encoding that was asked for. */
export type JoinedEmbeddings = {
  data: Embedding[];
  /** Over all calls. */
  promptTokens: number;
  losses: Loss[];
};

/** Joins the answers of the calls that a request was put to a provider in, in their order. */
export function joinEmbeddings(request: EmbeddingsRequest, parts: readonly CountedEmbeddings[]): JoinedEmbeddings {
  const encoding = request.encoding_format ?? 'float';
  const vectors = parts.flatMap((part) => part.vectors);
  const data = vectors.map((vector, index): Embedding => {
    return { object: 'embedding', index, embedding: encodeVector(vector, encoding) };
  });
  const promptTokens = parts.reduce((sum, part) => sum + part.promptTokens, 0);
  return { data, promptTokens, losses: findWrongSize(request, vectors.map(sizeOf)) };
}

/** Some models take `dimensions` without a word and give the size they have. Cutting such a vector would ruin it. */
function findWrongSize({ dimensions }: EmbeddingsRequest, sizes: readonly number[]): Loss[] {
  const wrong = sizes.find((size) => size !== dimensions);
  if (dimensions == null || wrong === undefined) return [];
  return [{ param: 'dimensions', action: 'dropped', reason: `the model answered with ${wrong} dimensions` }];
}

/** What a call for embeddings used: it has input only. */
export const embeddingsUsage = (promptTokens: number): ChatUsage => ({
  prompt_tokens: promptTokens,
  completion_tokens: 0,
  total_tokens: promptTokens,
});

/** The answer in OpenAI's shape. */
export function embeddingsResponse({ data, promptTokens }: Omit<JoinedEmbeddings, 'losses'>, target: Target) {
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  return { object: 'list' as const, data, model: target.upstreamModel, usage };
}
