import { GatewayError, invalidRequest } from '@parley/contracts';
import type { FastifyRequest } from 'fastify';

const VERBS = [
  'generateContent',
  'streamGenerateContent',
  'countTokens',
  'embedContent',
  'batchEmbedContents',
] as const;

export type GeminiVerb = (typeof VERBS)[number];

const CALL_PATH = new RegExp(`^/(v1beta|v1/models)/[^?]+(:|%3A)(${VERBS.join('|')})(\\?|$)`, 'i');

/** Whether a path ends in a verb of Google's, which is only ever posted to. */
export const isGeminiCall = (url: string): boolean => CALL_PATH.test(url);

/** Google's clients ask at `/v1beta`, the newer ones also at `/v1`, where a path that ends in a verb can be theirs only. */
export const isGeminiPath = (url: string): boolean => /^\/v1beta\//i.test(url) || isGeminiCall(url);

/**
 * Reads `{model}:{verb}` from what follows the fixed part of a path. Model ids hold slashes and colons, and come escaped or
 * not; clients that take an id with a slash for a whole resource name leave `models/` out, others put it before one that
 * has it. Throws `unknown_route`.
 */
export function readGeminiPath(request: FastifyRequest): { model: string; verb: GeminiVerb } {
  const path = (request.params as Record<string, string>)['*'] ?? '';
  const colon = path.lastIndexOf(':');
  const verb = VERBS.find((known) => known === path.slice(colon + 1));
  if (colon < 0 || !verb) {
    const values = { method: request.method, path: request.url.split('?')[0] ?? '' };
    throw new GatewayError('unknown_route', { values });
  }
  const model = bareModelId(path.slice(0, colon));
  if (model === '') throw invalidRequest('model', 'is required in the path: models/{model}:generateContent');
  return { model, verb };
}

/** A model's id without Google's prefix for the names of resources. */
export const bareModelId = (name: string): string => name.replace(/^(models\/)+/, '');
