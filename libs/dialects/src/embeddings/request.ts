import {
  invalidRequest,
  MAX_EMBEDDING_INPUTS,
  type EmbeddingInput,
  type EmbeddingsRequest,
  type GatewayError,
} from '@parley/contracts';
import { z } from 'zod';
import type { Loss } from '../dialect.ts';
import { refuseBody } from '../openai-chat/request.ts';
import { GATEWAY_FIELDS } from '../openai-chat/upstream-edits.ts';

/** `input` is checked by hand: it can hold millions of tokens, and a caller wants to know which input is wrong. */
const embeddingsRequest = z.looseObject({
  model: z.string().min(1),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.number().int().positive().nullish(),
  user: z.string().nullish(),
});

/** Checks a body as it came in. Throws `invalid_request` naming the field. Gives the very object it was given. */
export function decodeEmbeddingsRequest(body: unknown): EmbeddingsRequest {
  const result = embeddingsRequest.safeParse(body);
  if (!result.success) throw refuseBody(result.error.issues);
  checkInput(result.data['input']);
  return body as EmbeddingsRequest;
}

function checkInput(input: unknown): void {
  if (input === undefined || input === null) throw invalidRequest('input', 'is required');
  if (typeof input === 'string') {
    if (input === '') throw emptyInput('input');
    return;
  }
  if (!Array.isArray(input)) throw invalidRequest('input', 'must be a text, a list of texts, or tokens');
  const [first] = input as unknown[];
  if (first === undefined) throw emptyInput('input');
  if (typeof first === 'number') return checkTokens(input, 'input');
  if (input.length > MAX_EMBEDDING_INPUTS) {
    throw invalidRequest('input', `must hold at most ${MAX_EMBEDDING_INPUTS} inputs`);
  }
  const check = typeof first === 'string' ? checkText : checkTokens;
  for (const [index, item] of input.entries()) check(item, `input.${index}`);
}

function checkText(value: unknown, param: string): void {
  if (typeof value !== 'string') throw mixedInput(param, 'a text');
  if (value === '') throw emptyInput(param);
}

function checkTokens(value: unknown, param: string): void {
  if (!Array.isArray(value)) throw mixedInput(param, 'a text or a list of tokens');
  if (value.length === 0) throw emptyInput(param);
  const wrong = value.findIndex((token) => !Number.isSafeInteger(token) || token < 0);
  if (wrong >= 0) throw invalidRequest(`${param}.${wrong}`, 'must be a token: a whole number from 0');
}

const emptyInput = (param: string): GatewayError => invalidRequest(param, 'must not be empty');
const mixedInput = (param: string, wanted: string): GatewayError =>
  invalidRequest(param, `must be ${wanted}, as the other inputs are`);

/** The texts of a request, one by one. */
export function inputsOf({ input }: EmbeddingsRequest): EmbeddingInput[] {
  if (typeof input === 'string') return [input];
  return typeof input[0] === 'number' ? [input as number[]] : (input as EmbeddingInput[]);
}

/** The inputs for a vendor that takes characters only. Tokens mean something to the model alone that they were made for. */
export function textsOf(request: EmbeddingsRequest): { texts: string[]; losses: Loss[] } {
  const inputs = inputsOf(request);
  const texts = inputs.filter((input) => typeof input === 'string');
  if (texts.length === inputs.length) return { texts, losses: [] };
  return { texts, losses: [{ param: 'input', action: 'refused', reason: 'the provider takes texts, not tokens' }] };
}

/** The size of the vectors is the model's own, so a request for another one cannot be put to it. */
export const refuseDimensions = (reason: string): Loss => ({ param: 'dimensions', action: 'refused', reason });

const KNOWN: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'dimensions', ...GATEWAY_FIELDS]);

/** What a vendor has no word for and is left out. `taken`: fields of the vendor's own that it does get. */
export function listDropped(request: EmbeddingsRequest, taken: readonly string[] = []): Loss[] {
  return Object.keys(request)
    .filter((field) => !KNOWN.has(field) && !taken.includes(field) && request[field] != null)
    .map(dropped);
}

export const dropped = (param: string): Loss => ({
  param,
  action: 'dropped',
  reason: 'the provider has no such parameter',
});

/** Google's words for what a text is for: https://ai.google.dev/gemini-api/docs/embeddings#task-types */
export const TASK_FIELDS = ['taskType', 'title'] as const;
