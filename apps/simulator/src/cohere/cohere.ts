import type { Route, Vendor } from '../vendor.ts';
import * as errors from './errors.ts';
import { readRequest } from './read.ts';
import { writeStream, writeWhole } from './write.ts';

/** Cohere's chat format, version 2. */
export const cohere: Vendor = {
  ...errors,
  name: 'cohere',
  requestIdHeader: 'x-debug-trace-id',
  findRoute,
  readRequest,
  writeWhole,
  writeStream,
  streamContentType: () => 'text/event-stream',
  writeModels: (ids) => JSON.stringify({ models: ids.map(describeModel), next_page_token: '' }),
  writeModel: (id) => JSON.stringify(describeModel(id)),
};

function findRoute(method: string, path: string): Route | null {
  if (method === 'POST') {
    return path === '/v2/chat' ? { kind: 'generate', model: null, stream: false, framing: 'sse' } : null;
  }
  if (method !== 'GET') return null;
  if (path === '/v1/models') return { kind: 'models' };
  return path.startsWith('/v1/models/') ? { kind: 'model', id: path.slice('/v1/models/'.length) } : null;
}

function describeModel(id: string): object {
  return { name: id, endpoints: ['chat'], finetuned: false, context_length: 128_000, default_endpoints: [] };
}
