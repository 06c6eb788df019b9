import type { EmbeddingsRequest } from '@parley/contracts';
import { MAX_EMBEDDING_INPUTS } from '@parley/contracts';
import { UpstreamFailureError, type Target } from '../dialect.ts';
import { editMembers } from '../json-members.ts';
import { decodeEmbeddedFailure } from '../openai-chat/failure.ts';
import { GATEWAY_FIELDS } from '../openai-chat/upstream-edits.ts';
import { badAnswer } from '../stream-transform.ts';
import type { DecodedEmbeddings, EmbeddingsContext, EmbeddingsFormat } from './format.ts';
import { dropped, inputsOf, TASK_FIELDS } from './request.ts';
import { readCount, readVectors } from './vectors.ts';

/** How a vendor differs from OpenAI, as data. */
export type EmbeddingsQuirks = {
  maxInputs?: number;
  /** The vendor's name of `dimensions`. */
  dimensions?: string;
  /** `encoding_format` is refused: numbers are all there is. */
  numbersOnly?: boolean;
};

/** OpenAI's `POST /embeddings`, in the words of a vendor that took it over. */
export function createOpenaiEmbeddings(quirks: EmbeddingsQuirks = {}): EmbeddingsFormat {
  return {
    id: 'openai',
    maxInputs: quirks.maxInputs ?? MAX_EMBEDDING_INPUTS,
    encodeRequest(request, target) {
      const edits = upstreamEdits(request, target, quirks);
      const foreign = TASK_FIELDS.filter((field) => request[field] != null);
      for (const field of foreign) edits.set(field, undefined);
      const kept = Object.entries(request).filter(([field]) => !edits.has(field));
      const changed = [...edits].filter(([, value]) => value !== undefined);
      return { body: Object.fromEntries([...kept, ...changed]), losses: foreign.map(dropped) };
    },
    decodeResponse,
    relay: {
      editRequest({ bytes, members, request }, target) {
        const edits = [...upstreamEdits(request, target, quirks)];
        return editMembers(bytes, members, new Map(edits.map(([field, value]) => [field, JSON.stringify(value)])));
      },
      isFaithful,
    },
  };
}

/** OpenAI's own: https://platform.openai.com/docs/api-reference/embeddings/create */
export const openaiEmbeddings = createOpenaiEmbeddings();

/** What goes upstream in place of the caller's fields; undefined: nothing. */
function upstreamEdits(request: EmbeddingsRequest, target: Target, quirks: EmbeddingsQuirks): Map<string, unknown> {
  const edits = new Map<string, unknown>([['model', target.upstreamModel]]);
  for (const field of GATEWAY_FIELDS) if (field in request) edits.set(field, undefined);
  if (quirks.numbersOnly) edits.set('encoding_format', undefined);
  if (quirks.dimensions !== undefined && request.dimensions != null) {
    edits.set('dimensions', undefined);
    edits.set(quirks.dimensions, request.dimensions);
  }
  return edits;
}

type Answer = { data?: unknown; usage?: { prompt_tokens?: unknown; total_tokens?: unknown } | null; error?: unknown };

function decodeResponse(body: unknown, { request }: EmbeddingsContext): DecodedEmbeddings {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badAnswer('the answer is no JSON object');
  const { data, usage, error } = body as Answer;
  if (error) throw new UpstreamFailureError(decodeEmbeddedFailure(body));
  const vectors = readVectors(inOrder(data).map(embeddingOf), inputsOf(request).length);
  return { vectors, promptTokens: readCount(usage?.prompt_tokens) ?? readCount(usage?.total_tokens) };
}

const fieldOf = (item: unknown, field: string): unknown => (item as Record<string, unknown> | null)?.[field];
const embeddingOf = (item: unknown): unknown => fieldOf(item, 'embedding');

/** By `index` where the indices are all there, else as they came. */
function inOrder(data: unknown): unknown[] {
  if (!Array.isArray(data)) throw badAnswer('the answer holds no embeddings');
  const ordered: unknown[] = [];
  for (const item of data) {
    const index = fieldOf(item, 'index');
    if (typeof index !== 'number' || !(index in data) || index in ordered) return data;
    ordered[index] = item;
  }
  return ordered;
}

/** Read after `decodeResponse`, so the vectors are known to be some. */
function isFaithful(body: unknown, request: EmbeddingsRequest): boolean {
  const { object, model, data, usage } = body as Record<string, unknown> & { data: unknown[] };
  const isEncoded =
    request.encoding_format === 'base64'
      ? (embedding: unknown) => typeof embedding === 'string'
      : (embedding: unknown) => typeof embedding !== 'string';
  return (
    object === 'list' &&
    typeof model === 'string' &&
    typeof fieldOf(usage, 'prompt_tokens') === 'number' &&
    typeof fieldOf(usage, 'total_tokens') === 'number' &&
    data.every(
      (item, index) =>
        fieldOf(item, 'object') === 'embedding' && fieldOf(item, 'index') === index && isEncoded(embeddingOf(item)),
    )
  );
}
