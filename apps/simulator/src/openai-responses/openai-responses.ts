import { openai } from '../openai/openai.ts';
import type { Route, Vendor } from '../vendor.ts';
import { WireError } from '../wire-error.ts';
import { readRequest } from './read.ts';
import { writeStream, writeStreamFailure } from './stream.ts';
import { writeWhole } from './write.ts';

/** OpenAI Responses: beside chat at the same base URL, with the same keys, errors and models. */
export const openaiResponses: Vendor = {
  ...openai,
  name: 'openai-responses',
  findRoute,
  readRequest,
  writeWhole,
  writeStream,
  writeStreamFailure,
  describeMissingModel,
};

function findRoute(method: string, path: string): Route | null {
  const isOwn = method === 'POST' && path === '/v1/responses';
  return isOwn ? { kind: 'generate', model: null, stream: false, framing: 'sse' } : null;
}

/** Not the 404 of chat. */
function describeMissingModel(id: string): WireError {
  return new WireError(400, `The requested model '${id}' does not exist.`, { param: 'model', code: 'model_not_found' });
}
