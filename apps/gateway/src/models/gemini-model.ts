import { invalidRequest } from '@parley/contracts';
import type { Runtime } from '@parley/inference';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { bareModelId } from '../doors/gemini-path.ts';
import { findVisibleModel, listVisibleModels, type NamedModel } from './visible-models.ts';

/** Source: https://ai.google.dev/api/models#Model. What is not known is left out. */
export type GeminiModel = {
  name: string;
  version: string;
  displayName: string;
  inputTokenLimit?: number;
  outputTokenLimit?: number;
  supportedGenerationMethods: string[];
  thinking?: boolean;
};

export type GeminiModelList = { models: GeminiModel[]; nextPageToken?: string };

/** Google's own ceiling. Its default is lower, but callers who do not page shall see everything. */
const MAX_PAGE_SIZE = 1000;
const CHAT_METHODS = ['generateContent', 'streamGenerateContent', 'countTokens'];
const EMBEDDING_METHODS = ['embedContent', 'batchEmbedContents'];

export function listGeminiModels(runtime: Runtime, { query, caller }: IdentifiedRequest): GeminiModelList {
  const size = Math.min(readCount(query, 'pageSize') || MAX_PAGE_SIZE, MAX_PAGE_SIZE);
  const start = readCount(query, 'pageToken');
  const end = start + size;
  const named = listVisibleModels(runtime, caller);
  return {
    models: named.slice(start, end).map(geminiModel),
    ...(end < named.length && { nextPageToken: String(end) }),
  };
}

export function findGeminiModel(runtime: Runtime, { params, caller }: IdentifiedRequest): GeminiModel {
  const id = bareModelId((params as Record<string, string>)['*'] ?? '');
  return geminiModel({ id, entry: findVisibleModel(runtime, caller, id) });
}

function geminiModel({ id, entry: { deployment, stored } }: NamedModel): GeminiModel {
  const { upstreamModel, capabilities } = deployment.target;
  const { contextLength, maxOutputTokens, displayName } = stored ?? {};
  const { reasoning, embeddings } = capabilities;
  return {
    name: `models/${id}`,
    version: upstreamModel,
    displayName: displayName ?? id,
    ...(contextLength != null && { inputTokenLimit: contextLength }),
    ...(maxOutputTokens != null && { outputTokenLimit: maxOutputTokens }),
    supportedGenerationMethods: embeddings === true ? EMBEDDING_METHODS : CHAT_METHODS,
    ...(reasoning !== undefined && { thinking: reasoning !== 'none' }),
  };
}

function readCount(query: unknown, name: string): number {
  const value = (query as Record<string, unknown>)[name] ?? '0';
  if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value);
  throw invalidRequest(name, 'must be a whole number');
}
