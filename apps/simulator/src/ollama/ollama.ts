import { openai } from '../openai/openai.ts';
import type { Route, Vendor } from '../vendor.ts';
import * as errors from './errors.ts';
import { readRequest } from './read.ts';
import { writeStream, writeWhole } from './write.ts';

const MODIFIED_AT = '2026-01-01T00:00:00.000000001Z';
const DETAILS = { format: 'gguf', family: 'simulator', families: ['simulator'], parameter_size: '1B' };

/** Ollama's own format: newline-delimited JSON, and no key. */
export const ollama: Vendor = {
  ...errors,
  name: 'ollama',
  requestIdHeader: 'x-request-id',
  findRoute,
  readRequest,
  writeWhole,
  writeStream,
  streamContentType: () => 'application/x-ndjson',
  writeModels: (ids) => JSON.stringify({ models: ids.map(describeModel) }),
  writeModel: (id) =>
    JSON.stringify({ ...describeModel(id), capabilities: ['completion', 'tools', 'vision', 'thinking'] }),
};

/** What Ollama offers in OpenAI's format. */
export const ollamaAsOpenai: Vendor = {
  ...openai,
  authenticate: errors.authenticate,
  findRoute: (method, path, query) => openai.findRoute(method, `/v1${path}`, query),
};

function findRoute(method: string, path: string): Route | null {
  if (method === 'GET' && path === '/api/tags') return { kind: 'models' };
  if (method !== 'POST') return null;
  if (path === '/api/show') return { kind: 'model', id: null };
  return path === '/api/chat' ? { kind: 'generate', model: null, stream: false, framing: 'sse' } : null;
}

function describeModel(id: string): object {
  return {
    name: id,
    model: id,
    modified_at: MODIFIED_AT,
    size: 1_000_000_000,
    digest: '0'.repeat(64),
    details: DETAILS,
  };
}
