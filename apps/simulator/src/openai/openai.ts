import type { Route, Vendor } from '../vendor.ts';
import { readEmbeddings, writeEmbeddings } from './embeddings.ts';
import * as errors from './errors.ts';
import { readRequest } from './read.ts';
import { writeStream, writeWhole } from './write.ts';

const MODEL_CREATED_SECONDS = 1_767_225_600;

/** OpenAI Chat Completions and embeddings. */
export const openai: Vendor = {
  ...errors,
  name: 'openai',
  requestIdHeader: 'x-request-id',
  findRoute,
  readRequest: (body, _headers, route) => (route.embeds ? readEmbeddings(body) : readRequest(body)),
  writeWhole: (ask, answer, identity) =>
    ask.embedding ? writeEmbeddings(ask, answer) : writeWhole(ask, answer, identity),
  writeStream,
  streamContentType: () => 'text/event-stream; charset=utf-8',
  writeModels: (ids) => JSON.stringify({ object: 'list', data: ids.map(describeModel) }),
  writeModel: (id) => JSON.stringify(describeModel(id)),
};

function findRoute(method: string, path: string): Route | null {
  if (method === 'POST' && path === '/v1/chat/completions') {
    return { kind: 'generate', model: null, stream: false, framing: 'sse' };
  }
  if (method === 'POST' && path === '/v1/embeddings') {
    return { kind: 'generate', model: null, stream: false, framing: 'sse', embeds: 'many' };
  }
  if (method !== 'GET' || !path.startsWith('/v1/models')) return null;
  if (path === '/v1/models') return { kind: 'models' };
  return path.startsWith('/v1/models/') ? { kind: 'model', id: path.slice(11) } : null;
}

function describeModel(id: string): object {
  return { id, object: 'model', created: MODEL_CREATED_SECONDS, owned_by: 'simulator' };
}
