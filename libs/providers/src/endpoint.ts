import type { DialectId } from '@parley/contracts';
import type { EmbeddingsFormatId } from '@parley/dialects';
import { authHeaders, type Authorize } from './auth/authorize.ts';
import type { Credential, Deployment } from './deployment.ts';
import type { Account, Paths, Provider } from './provider.ts';

/** Where a call goes and with which headers; made once per deployment and credential. */
export type Endpoint = {
  origin: string;
  wholePath: string;
  streamPath: string;
  countPath?: string;
  headers: Record<string, string>;
  /** Headers that are made for each call. */
  authorize?: Authorize;
};

type Wire = { paths(model: string): Paths; modelList: string; tolerated?: RegExp; headers: Record<string, string> };

/** `base_url` is what the vendor's own SDK takes; a version segment at its end is tolerated where the SDK adds it. */
const WIRES: Record<DialectId, Wire> = {
  'openai-chat': {
    paths: () => ({ whole: '/chat/completions', stream: '/chat/completions' }),
    modelList: '/models',
    headers: {},
  },
  'openai-responses': {
    paths: () => ({ whole: '/responses', stream: '/responses' }),
    modelList: '/models',
    headers: {},
  },
  'anthropic-messages': {
    paths: () => ({ whole: '/v1/messages', stream: '/v1/messages', count: '/v1/messages/count_tokens' }),
    modelList: '/v1/models?limit=1000',
    tolerated: /\/v1$/,
    // https://docs.claude.com/en/api/versioning
    headers: { 'anthropic-version': '2023-06-01' },
  },
  'gemini-generate-content': {
    paths: (model) => ({
      whole: `/v1beta/models/${model}:generateContent`,
      stream: `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
      count: `/v1beta/models/${model}:countTokens`,
    }),
    modelList: '/v1beta/models?pageSize=1000',
    tolerated: /\/v1(beta)?$/,
    headers: {},
  },
  'bedrock-converse': {
    paths: (model) => ({ whole: `/model/${model}/converse`, stream: `/model/${model}/converse-stream` }),
    modelList: '/foundation-models',
    headers: {},
  },
  'ollama-chat': {
    paths: () => ({ whole: '/api/chat', stream: '/api/chat' }),
    modelList: '/api/tags',
    tolerated: /\/v1$/,
    headers: {},
  },
  'cohere-chat': {
    paths: () => ({ whole: '/v2/chat', stream: '/v2/chat' }),
    modelList: '/v1/models?page_size=1000',
    tolerated: /\/v[12]$/,
    headers: {},
  },
};

/** Below the base URL, like the paths of the dialects. */
const EMBEDDINGS_PATHS: Record<EmbeddingsFormatId, (model: string) => string> = {
  openai: () => '/embeddings',
  gemini: (model) => `/v1beta/models/${model}:batchEmbedContents`,
  'vertex-predict': (model) => `/publishers/google/models/${model}:predict`,
  'vertex-embed-content': (model) => `/publishers/google/models/${model}:embedContent`,
  'bedrock-invoke': (model) => `/model/${model}/invoke`,
  cohere: () => '/v2/embed',
  ollama: () => '/api/embed',
};

/** Where the calls of one model go, and what they carry. */
export function endpointOf(
  provider: Provider,
  dialect: DialectId,
  account: Account,
  upstreamModel: string,
  credential: Credential | undefined,
): Endpoint {
  const { origin, prefix } = splitBaseUrl(account.baseUrl, provider.baseUrlEnding ?? WIRES[dialect].tolerated);
  const model = escapeModel(upstreamModel);
  const { whole, stream, count } = provider.paths?.(dialect, model, account) ?? WIRES[dialect].paths(model);
  const { headers, authorize } = headersFor(provider, dialect, account, credential);
  return {
    origin,
    wholePath: prefix + whole,
    streamPath: prefix + stream,
    ...(count !== undefined && { countPath: prefix + count }),
    headers: { 'content-type': 'application/json', ...headers },
    ...(authorize && { authorize }),
  };
}

/** Where embeddings are asked for; origin and headers are those of the other calls. */
export function embeddingsPathOf(
  { provider, dialect, target, baseUrl, options }: Deployment,
  format: EmbeddingsFormatId,
): string {
  const model = escapeModel(target.upstreamModel);
  const own = provider.paths?.(dialect.id, model, { baseUrl, options })?.embeddings;
  const { prefix } = splitBaseUrl(baseUrl, provider.baseUrlEnding ?? WIRES[dialect.id].tolerated);
  return prefix + (own ?? EMBEDDINGS_PATHS[format](model));
}

/** A model name is data: it may hold slashes and colons, and must not reach into the path. */
const escapeModel = (upstreamModel: string): string => encodeURIComponent(upstreamModel.replace(/^models\//, ''));

const endpoints = new WeakMap<Deployment, Map<string, Endpoint>>();

/** Addresses and headers are the same for every call of a deployment with one credential. */
export function endpointFor(deployment: Deployment, credential: Credential | undefined): Endpoint {
  let known = endpoints.get(deployment);
  if (!known) endpoints.set(deployment, (known = new Map<string, Endpoint>()));
  const key = credential?.id ?? '';
  let endpoint = known.get(key);
  if (!endpoint) {
    const { dialect, target, provider } = deployment;
    endpoint = endpointOf(provider, dialect.id, deployment, target.upstreamModel, credential);
    known.set(key, endpoint);
  }
  return endpoint;
}
type Place = { origin: string; path: string };

/** Where a vendor's model list is; `further` are its other parts. */
export type ListEndpoint = Place & { further: Place[]; headers: Record<string, string>; authorize?: Authorize };

/** The address of a vendor's model list; undefined where it has none. */
export function modelListEndpoint(
  provider: Provider,
  account: Account,
  credential: Credential | undefined,
): ListEndpoint | undefined {
  if (provider.modelList === null) return undefined;
  const dialect = provider.dialects[0].id;
  const { headers, authorize } = headersFor(provider, dialect, account, credential);
  const address = provider.modelList?.address?.(withoutEnding(provider, account));
  return {
    ...(address === undefined ? ownList(dialect, account) : splitAddress(address)),
    further: provider.modelList?.furtherAddresses?.(withoutEnding(provider, account)).map(splitAddress) ?? [],
    headers: { accept: 'application/json', ...headers },
    ...(authorize && { authorize }),
  };
}

function ownList(dialect: DialectId, { baseUrl }: Account): Place {
  const { origin, prefix } = splitBaseUrl(baseUrl, WIRES[dialect].tolerated);
  return { origin, path: prefix + WIRES[dialect].modelList };
}

function withoutEnding({ baseUrlEnding }: Provider, account: Account): Account {
  const { origin, prefix } = splitBaseUrl(account.baseUrl, baseUrlEnding);
  return { ...account, baseUrl: origin + prefix };
}

function headersFor(
  provider: Provider,
  dialect: DialectId,
  account: Account,
  credential: Credential | undefined,
): { headers: Record<string, string>; authorize?: Authorize } {
  const headers = { 'user-agent': 'parley', ...WIRES[dialect].headers, ...provider.headers?.(account) };
  const secret = credential && { credentialId: credential.id, text: credential.secret };
  const auth = typeof provider.auth === 'function' ? provider.auth(account, secret) : provider.auth;
  if (typeof auth === 'function') return { headers, authorize: auth };
  return { headers: { ...headers, ...authHeaders(auth, credential?.secret) } };
}

function splitBaseUrl(baseUrl: string, tolerated: RegExp | undefined): { origin: string; prefix: string } {
  const url = new URL(baseUrl);
  const prefix = url.pathname.replace(/\/+$/, '');
  return { origin: url.origin, prefix: tolerated ? prefix.replace(tolerated, '') : prefix };
}

function splitAddress(address: string): Place {
  const { origin, pathname, search } = new URL(address);
  return { origin, path: pathname + search };
}
