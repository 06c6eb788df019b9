import type { Route, Vendor } from '../vendor.ts';
import { readCount, writeCount } from './count.ts';
import { readEmbeddings, writeEmbeddings } from './embeddings.ts';
import * as errors from './errors.ts';
import { readRequest } from './read.ts';
import { writeStream, writeWhole } from './write.ts';

const MODELS = '/v1beta/models';
const EMBEDS = new Map<string, 'one' | 'many'>([
  ['embedContent', 'one'],
  ['batchEmbedContents', 'many'],
]);

/** Gemini generateContent and embeddings. */
export const gemini: Vendor = {
  ...errors,
  name: 'gemini',
  requestIdHeader: 'x-request-id',
  findRoute,
  readRequest(body, headers, route) {
    if (route.embeds) return readEmbeddings(body, route);
    return route.counts ? readCount(body, headers, route) : readRequest(body, headers, route);
  },
  writeWhole(ask, answer, identity) {
    if (ask.embedding) return writeEmbeddings(ask, answer);
    return ask.isCount ? writeCount(answer) : writeWhole(ask, answer, identity);
  },
  writeStream,
  streamContentType: (ask) => (ask.framing === 'sse' ? 'text/event-stream' : 'application/json; charset=UTF-8'),
  writeModels: (ids) => JSON.stringify({ models: ids.map(describeModel) }),
  writeModel: (id) => JSON.stringify(describeModel(id)),
};

function findRoute(method: string, path: string, query: URLSearchParams): Route | null {
  if (!path.startsWith(MODELS)) return null;
  if (method === 'GET' && path === MODELS) return { kind: 'models' };
  const [id = '', verb, ...rest] = path.slice(MODELS.length + 1).split(':');
  if (id === '' || id.includes('/') || rest.length > 0 || path[MODELS.length] !== '/') return null;
  if (verb === undefined) return method === 'GET' ? { kind: 'model', id } : null;
  if (method !== 'POST') return null;
  const framing = query.get('alt') === 'sse' ? 'sse' : 'json-array';
  const embeds = EMBEDS.get(verb);
  if (embeds) return { kind: 'generate', model: id, stream: false, framing, embeds };
  if (verb === 'countTokens') return { kind: 'generate', model: id, stream: false, framing, counts: true };
  if (verb === 'generateContent') return { kind: 'generate', model: id, stream: false, framing };
  return verb === 'streamGenerateContent' ? { kind: 'generate', model: id, stream: true, framing } : null;
}

function describeModel(id: string): object {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
    thinking: id === 'large',
  };
}
