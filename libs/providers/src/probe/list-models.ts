import type { DialectId } from '@parley/contracts';
import { badAnswer, UpstreamFailureError, type HeaderMap } from '@parley/dialects';
import type { Credential } from '../deployment.ts';
import { modelListEndpoint } from '../endpoint.ts';
import { Exchange } from '../http/exchange.ts';
import type { UpstreamPools } from '../http/pools.ts';
import { transportFailure } from '../http/transport-failure.ts';
import { readJsonOrText } from '../live-stream.ts';
import type { Provider } from '../provider.ts';

/** A connection as far as it is needed to ask for its models. */
export type ConnectionTarget = {
  connection: string;
  provider: Provider;
  baseUrl: string;
  allowPrivateNetwork: boolean;
  /** Undefined where the provider needs none. */
  credential: Credential | undefined;
};

/** A model as its provider lists it; null: the provider does not say. */
export type ListedModel = {
  /** The upstream name. */
  id: string;
  displayName: string | null;
  contextLength: number | null;
  maxOutputTokens: number | null;
};

const SILENCE_MS = 15_000;
const LIST_BYTES = 16 * 1024 * 1024;
const MAX_MODELS = 10_000;
const MAX_NAME_CHARS = 256;

/**
 * Asks a provider which models it has. Rejects with `UpstreamFailureError`, or with the signal's reason. `onHead` is told
 * the status as soon as it is known.
 */
export function listModels(
  pools: UpstreamPools,
  target: ConnectionTarget,
  signal: AbortSignal,
  onHead: (status: number) => void = () => {},
): Promise<ListedModel[]> {
  const { provider, credential, connection, allowPrivateNetwork } = target;
  const [dialect] = provider.dialects;
  const auth = { style: provider.auth, secret: credential?.secret };
  const { origin, path, headers } = modelListEndpoint(dialect.id, target.baseUrl, auth);
  const pool = pools.poolFor(origin, credential?.id ?? connection, allowPrivateNetwork);
  return new Promise((resolve, reject) => {
    let head: { status: number; headers: HeaderMap } | undefined;
    const exchange = new Exchange(
      {
        onHead(status, answered) {
          head = { status, headers: answered };
          onHead(status);
          return { collectUpTo: LIST_BYTES };
        },
        onData() {},
        onEnd() {},
        onBody(bytes) {
          const body = readJsonOrText(bytes);
          try {
            if (head!.status !== 200) {
              throw new UpstreamFailureError(dialect.decodeFailure(head!.status, head!.headers, body));
            }
            resolve(readModelList(dialect.id, body));
          } catch (error) {
            reject(error as Error);
          }
        },
        onError: (error) => reject(transportFailure(error, signal) as Error),
      },
      signal,
    );
    pool.dispatch({ path, method: 'GET', headers, headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS }, exchange);
  });
}

type Entry = Record<string, unknown>;

/** Throws `provider_bad_answer` when the body is no model list; entries that make no sense are left out. */
export function readModelList(dialect: DialectId, body: unknown): ListedModel[] {
  const list = (body as Entry | null | undefined)?.[dialect === 'gemini-generate-content' ? 'models' : 'data'];
  if (!Array.isArray(list)) throw badAnswer('the model list is none');
  const entries = list.slice(0, MAX_MODELS).filter((entry) => typeof entry === 'object' && entry !== null) as Entry[];
  return entries.map(READERS[dialect]).filter(({ id }) => isName(id));
}

const READERS: Record<DialectId, (entry: Entry) => ListedModel> = {
  // The window is no field of OpenAI's: OpenRouter and vLLM tell it.
  'openai-chat': (entry) => ({
    id: asText(entry.id) ?? '',
    displayName: asText(entry.name),
    contextLength: asCount(entry.context_length) ?? asCount(entry.max_model_len),
    maxOutputTokens: null,
  }),
  // https://docs.claude.com/en/api/models-list
  'anthropic-messages': (entry) => ({
    id: asText(entry.id) ?? '',
    displayName: asText(entry.display_name),
    contextLength: asCount(entry.max_input_tokens),
    maxOutputTokens: asCount(entry.max_tokens),
  }),
  // https://ai.google.dev/api/models
  'gemini-generate-content': (entry) => ({
    id: asText(entry.name)?.replace(/^models\//, '') ?? '',
    displayName: asText(entry.displayName),
    contextLength: asCount(entry.inputTokenLimit),
    maxOutputTokens: asCount(entry.outputTokenLimit),
  }),
};

const isName = (id: string): boolean => id.length <= MAX_NAME_CHARS && /^[^\s\p{Cc}]+$/u.test(id);

const asText = (value: unknown): string | null =>
  typeof value === 'string' && value.length <= MAX_NAME_CHARS ? value : null;

const asCount = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null;
