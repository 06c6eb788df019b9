import type { IncomingHttpHeaders } from 'node:http';
import type { Frame } from '../answer.ts';
import type { JsonObject } from '../json.ts';
import { openai } from '../openai/openai.ts';
import { BAD_KEY, type Route, type Vendor } from '../vendor.ts';
import { WireError } from '../wire-error.ts';

const MODELS = '/openai/v1/models';
const DENIED =
  'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.';
const NO_DEPLOYMENT =
  'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.';

/** Azure OpenAI: the v1 API, and the older paths with a deployment and a dated version. */
export const azure: Vendor = {
  ...openai,
  requestIdHeader: 'apim-request-id',
  findRoute,
  authenticate,
  readRequest: (body, headers, route) =>
    openai.readRequest(route.model === null ? body : { ...body, model: route.model }, headers, route),
  writeStream: (ask, answer, identity) => [promptFilter(), ...openai.writeStream(ask, answer, identity)],
  writeError: (error, requestId) => (error.details.code === undefined ? openai : short).writeError(error, requestId),
  describeMissingRoute: () => new WireError(404, 'Resource not found', { code: '404' }),
  describeMissingModel: () => new WireError(404, NO_DEPLOYMENT, { code: 'DeploymentNotFound' }),
};

/** What Azure's own front says, with two fields; the model behind it speaks as OpenAI does. */
const short: Pick<Vendor, 'writeError'> = {
  writeError: ({ details, message }) => ({
    body: JSON.stringify({ error: { code: details.code, message } }),
    headers: {},
  }),
};

function findRoute(method: string, path: string, query: URLSearchParams): Route | null {
  if (method === 'GET' && path === MODELS) return { kind: 'models' };
  if (method === 'GET' && path.startsWith(`${MODELS}/`)) return { kind: 'model', id: path.slice(MODELS.length + 1) };
  if (method !== 'POST') return null;
  const generate = (model: string | null): Route => ({ kind: 'generate', model, stream: false, framing: 'sse' });
  if (path === '/openai/v1/chat/completions') return generate(null);
  const deployment = /^\/openai\/deployments\/([^/]+)\/chat\/completions$/u.exec(path)?.[1];
  return deployment === undefined || !query.has('api-version') ? null : generate(deployment);
}

/** A resource's key, or an Entra token. */
function authenticate(headers: IncomingHttpHeaders): void {
  const key = headers['api-key'] ?? /^Bearer\s+(\S+)$/iu.exec(headers.authorization ?? '')?.[1];
  if (key === undefined || key === '' || key === BAD_KEY) throw new WireError(401, DENIED, { code: '401' });
}

/** What Azure thinks of the prompt, before the answer begins: without an id, and without a choice. */
function promptFilter(): Frame {
  const safe: JsonObject = { filtered: false, severity: 'safe' };
  const content_filter_results = { hate: safe, self_harm: safe, sexual: safe, violence: safe };
  const chunk = {
    choices: [],
    created: 0,
    id: '',
    model: '',
    object: '',
    prompt_filter_results: [{ prompt_index: 0, content_filter_results }],
  };
  return { wire: `data: ${JSON.stringify(chunk)}\n\n`, isDelta: false };
}
