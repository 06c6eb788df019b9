import type { IncomingHttpHeaders } from 'node:http';
import { anthropic } from '../anthropic/anthropic.ts';
import { gemini } from '../gemini/gemini.ts';
import { BAD_KEY, type Route, type Vendor } from '../vendor.ts';
import { WireError } from '../wire-error.ts';

const MODEL_PATH = /^\/v1(?:beta1)?\/projects\/[^/]+\/locations\/[^/]+\/publishers\/(\w+)\/models\/([^/:]+):(\w+)$/u;
const LIST_PATH = '/v1beta1/publishers/google/models';
const ANTHROPIC_VERSION = 'vertex-2023-10-16';

/** Google Vertex AI for Google's own models. */
export const vertexGemini: Vendor = {
  ...gemini,
  authenticate,
  findRoute(method, path, query) {
    if (method === 'GET' && path === LIST_PATH) return { kind: 'models' };
    const framing = query.get('alt') === 'sse' ? 'sse' : 'json-array';
    return findModel(method, path, 'google', 'generateContent', 'streamGenerateContent', framing);
  },
  writeModels: (ids) =>
    JSON.stringify({
      publisherModels: ids.map((id) => ({ name: `publishers/google/models/${id}`, versionId: '001' })),
    }),
  describeMissingModel,
};

/** The same for Claude: Anthropic's body, but for the model, which the path names, and the version, which is no header. */
export const vertexClaude: Vendor = {
  ...anthropic,
  authenticate,
  findRoute: (method, path) => findModel(method, path, 'anthropic', 'rawPredict', 'streamRawPredict', 'sse'),
  readRequest(body, headers, route) {
    const { anthropic_version: version, ...rest } = body;
    if (version !== ANTHROPIC_VERSION)
      throw new WireError(400, `anthropic_version: Input should be '${ANTHROPIC_VERSION}'`);
    if ('model' in rest) throw new WireError(400, 'model: Extra inputs are not permitted');
    return anthropic.readRequest({ ...rest, model: route.model }, { ...headers, 'anthropic-version': version }, route);
  },
  // Google says these, whoever made the model.
  writeError: (error, requestId) => (isGoogles(error) ? gemini : anthropic).writeError(error, requestId),
  describeMissingModel,
};

function findModel(
  method: string,
  path: string,
  publisher: string,
  whole: string,
  stream: string,
  framing: 'sse' | 'json-array',
): Route | null {
  const [, found, model = null, verb] = MODEL_PATH.exec(path) ?? [];
  if (method !== 'POST' || found !== publisher || (verb !== whole && verb !== stream)) return null;
  return { kind: 'generate', model, stream: verb === stream, framing };
}

/** An access token, and no API key. */
function authenticate(headers: IncomingHttpHeaders): void {
  const token = /^Bearer\s+(\S+)$/iu.exec(headers.authorization ?? '')?.[1];
  if (token !== undefined && token !== BAD_KEY) return;
  const message =
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';
  throw new WireError(401, message, { reason: token === undefined ? 'CREDENTIALS_MISSING' : 'ACCESS_TOKEN_EXPIRED' });
}

function describeMissingModel(id: string): WireError {
  const message = `Publisher Model \`${id}\` was not found or your project does not have access to it. Please ensure you are using a valid model version.`;
  return new WireError(404, message);
}

const isGoogles = ({ status }: WireError): boolean => status === 401 || status === 404;
