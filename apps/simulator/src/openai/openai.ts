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
  writeModels: (ids, { form }) =>
    JSON.stringify(
      form === 'litellm' ? { data: ids.map(describeDeployment) } : { object: 'list', data: ids.map(describeModel) },
    ),
  writeModel: (id) => JSON.stringify(describeModel(id)),
};

function findRoute(method: string, path: string): Route | null {
  if (method === 'POST' && path === '/v1/chat/completions') {
    return { kind: 'generate', model: null, stream: false, framing: 'sse' };
  }
  if (method === 'POST' && path === '/v1/embeddings') {
    return { kind: 'generate', model: null, stream: false, framing: 'sse', embeds: 'many' };
  }
  if (method !== 'GET') return null;
  if (path === '/v1/model/info') return { kind: 'models', form: 'litellm' };
  if (path === '/v1/models') return { kind: 'models' };
  return path.startsWith('/v1/models/') ? { kind: 'model', id: path.slice(11) } : null;
}

function describeModel(id: string): object {
  return { id, object: 'model', created: MODEL_CREATED_SECONDS, owned_by: 'simulator' };
}

/** https://docs.litellm.ai/docs/proxy/model_management */
function describeDeployment(id: string): object {
  const info = { mode: 'chat', max_input_tokens: 128_000, max_output_tokens: 8192, supports_function_calling: true };
  const prices = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000002 };
  return { model_name: id, litellm_params: { model: `openai/${id}` }, model_info: { ...info, ...prices } };
}
