import type { Route, Vendor } from '../vendor.ts';
import * as errors from './errors.ts';
import { readRequest } from './read.ts';
import { writeStream, writeWhole } from './write.ts';

/** Anthropic Messages. */
export const anthropic: Vendor = {
  ...errors,
  name: 'anthropic',
  requestIdHeader: 'request-id',
  findRoute,
  readRequest,
  writeWhole: (ask, answer, identity) =>
    ask.isCount ? JSON.stringify({ input_tokens: answer.usage?.input ?? 0 }) : writeWhole(ask, answer, identity),
  writeStream,
  streamContentType: () => 'text/event-stream; charset=utf-8',
  writeModels: (ids) =>
    JSON.stringify({
      data: ids.map(describeModel),
      has_more: false,
      first_id: ids[0] ?? null,
      last_id: ids.at(-1) ?? null,
    }),
  writeModel: (id) => JSON.stringify(describeModel(id)),
};

function findRoute(method: string, path: string): Route | null {
  if (method === 'POST' && path === '/v1/messages') {
    return { kind: 'generate', model: null, stream: false, framing: 'sse' };
  }
  if (method === 'POST' && path === '/v1/messages/count_tokens') {
    return { kind: 'generate', model: null, stream: false, framing: 'sse', counts: true };
  }
  if (method !== 'GET' || !path.startsWith('/v1/models')) return null;
  if (path === '/v1/models') return { kind: 'models' };
  return path.startsWith('/v1/models/') ? { kind: 'model', id: path.slice(11) } : null;
}

function describeModel(id: string): object {
  return { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' };
}
