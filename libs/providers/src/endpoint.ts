import type { DialectId } from '@parley/contracts';
import type { AuthStyle } from './provider.ts';

/** Where a call goes and with which headers; made once per deployment and credential. */
export type Endpoint = {
  origin: string;
  wholePath: string;
  streamPath: string;
  headers: Record<string, string>;
};

type Paths = (model: string) => { whole: string; stream: string };

/** `base_url` is what the vendor's own SDK takes; a version segment at its end is tolerated where the SDK adds it. */
const PATHS: Record<DialectId, { paths: Paths; tolerated?: RegExp; headers: Record<string, string> }> = {
  'openai-chat': {
    paths: () => ({ whole: '/chat/completions', stream: '/chat/completions' }),
    headers: {},
  },
  'anthropic-messages': {
    paths: () => ({ whole: '/v1/messages', stream: '/v1/messages' }),
    tolerated: /\/v1$/,
    // https://docs.claude.com/en/api/versioning
    headers: { 'anthropic-version': '2023-06-01' },
  },
  'gemini-generate-content': {
    paths: (model) => ({
      whole: `/v1beta/models/${model}:generateContent`,
      stream: `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
    }),
    tolerated: /\/v1(beta)?$/,
    headers: {},
  },
};

export function endpointOf(
  dialect: DialectId,
  baseUrl: string,
  upstreamModel: string,
  auth: { style: AuthStyle; secret: string | undefined },
): Endpoint {
  const { origin, prefix } = splitBaseUrl(dialect, baseUrl);
  // A model name is data: it may hold slashes and colons, and must not reach into the path.
  const { whole, stream } = PATHS[dialect].paths(encodeURIComponent(upstreamModel.replace(/^models\//, '')));
  return {
    origin,
    wholePath: prefix + whole,
    streamPath: prefix + stream,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'parley',
      ...PATHS[dialect].headers,
      ...authHeaders(auth.style, auth.secret),
    },
  };
}

/** The address of a vendor's model list. */
export function modelListEndpoint(
  dialect: DialectId,
  baseUrl: string,
  auth: { style: AuthStyle; secret: string | undefined },
): { origin: string; path: string; headers: Record<string, string> } {
  const { origin, prefix } = splitBaseUrl(dialect, baseUrl);
  const lists: Record<DialectId, string> = {
    'openai-chat': '/models',
    'anthropic-messages': '/v1/models?limit=1000',
    'gemini-generate-content': '/v1beta/models?pageSize=1000',
  };
  const headers = { accept: 'application/json', 'user-agent': 'parley', ...PATHS[dialect].headers };
  return { origin, path: prefix + lists[dialect], headers: { ...headers, ...authHeaders(auth.style, auth.secret) } };
}

function splitBaseUrl(dialect: DialectId, baseUrl: string): { origin: string; prefix: string } {
  const url = new URL(baseUrl);
  let prefix = url.pathname.replace(/\/+$/, '');
  const { tolerated } = PATHS[dialect];
  if (tolerated) prefix = prefix.replace(tolerated, '');
  return { origin: url.origin, prefix };
}

function authHeaders(style: AuthStyle, secret: string | undefined): Record<string, string> {
  if (secret === undefined) return {};
  return style === 'bearer' ? { authorization: `Bearer ${secret}` } : { [style]: secret };
}
