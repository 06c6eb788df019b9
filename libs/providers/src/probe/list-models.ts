import type { ConnectionOptions, DialectId } from '@parley/contracts';
import { badAnswer, UpstreamFailureError, type HeaderMap } from '@parley/dialects';
import type { Credential } from '../deployment.ts';
import { modelListEndpoint, type ListEndpoint } from '../endpoint.ts';
import { Exchange } from '../http/exchange.ts';
import type { UpstreamPools } from '../http/pools.ts';
import { transportFailure } from '../http/transport-failure.ts';
import { readJsonOrText } from '../live-stream.ts';
import type { ListedModel, Provider } from '../provider.ts';
import { send } from '../send.ts';

/** A connection as far as it is needed to ask for its models. */
export type ConnectionTarget = {
  connection: string;
  provider: Provider;
  baseUrl: string;
  options: ConnectionOptions;
  allowPrivateNetwork: boolean;
  /** Undefined where the provider needs none. */
  credential: Credential | undefined;
};

const SILENCE_MS = 15_000;
const LIST_BYTES = 16 * 1024 * 1024;
const MAX_MODELS = 10_000;
const MAX_NAME_CHARS = 256;

/**
 * Asks a provider which models it has; none where it has no list. Rejects with `UpstreamFailureError`, or with the
 * signal's reason. `onHead` is told the status of the first answer as soon as it is known.
 */
export async function listModels(
  pools: UpstreamPools,
  target: ConnectionTarget,
  signal: AbortSignal,
  onHead: (status: number) => void = () => {},
): Promise<ListedModel[]> {
  const endpoint = modelListEndpoint(target.provider, target, target.credential);
  if (!endpoint) return [];
  const lists = await Promise.all([
    askForList(pools, target, endpoint, signal, onHead),
    ...endpoint.further.map((place) => askForList(pools, target, { ...endpoint, ...place }, signal, () => {})),
  ]);
  return lists.flat();
}

function askForList(
  pools: UpstreamPools,
  { provider, credential, connection, allowPrivateNetwork }: ConnectionTarget,
  { origin, path, headers, authorize }: ListEndpoint,
  signal: AbortSignal,
  onHead: (status: number) => void,
): Promise<ListedModel[]> {
  const [dialect] = provider.dialects;
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
            resolve(provider.modelList ? provider.modelList.read(body) : readModelList(dialect.id, body));
          } catch (error) {
            reject(error as Error);
          }
        },
        onError: (error) => reject(transportFailure(error, signal) as Error),
      },
      signal,
    );
    const silence = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };
    send(pool, { origin, path, method: 'GET', headers, ...silence }, authorize, exchange, signal);
  });
}

type Entry = Record<string, unknown>;

/** Throws `provider_bad_answer` when the body is no model list; entries that make no sense are left out. */
export function readModelList(dialect: DialectId, body: unknown): ListedModel[] {
  const { member, read } = LISTS[dialect];
  const list = (body as Entry | null | undefined)?.[member];
  if (!Array.isArray(list)) throw badAnswer('the model list is none');
  const entries = list.slice(0, MAX_MODELS).filter((entry) => typeof entry === 'object' && entry !== null) as Entry[];
  return entries.map(read).filter(({ id }) => isName(id));
}

// The window is no field of OpenAI's: OpenRouter and vLLM tell it.
const readOpenai = (entry: Entry): ListedModel => ({
  id: asText(entry.id) ?? '',
  displayName: asText(entry.name),
  contextLength: asCount(entry.context_length) ?? asCount(entry.max_model_len),
  maxOutputTokens: null,
});

const LISTS: Record<DialectId, { member: string; read(this: void, entry: Entry): ListedModel }> = {
  'openai-chat': { member: 'data', read: readOpenai },
  'openai-responses': { member: 'data', read: readOpenai },
  // https://docs.claude.com/en/api/models-list
  'anthropic-messages': {
    member: 'data',
    read: (entry) => ({
      id: asText(entry.id) ?? '',
      displayName: asText(entry.display_name),
      contextLength: asCount(entry.max_input_tokens),
      maxOutputTokens: asCount(entry.max_tokens),
    }),
  },
  // https://ai.google.dev/api/models
  'gemini-generate-content': {
    member: 'models',
    read: (entry) => ({
      id: asText(entry.name)?.replace(/^models\//, '') ?? '',
      displayName: asText(entry.displayName),
      contextLength: asCount(entry.inputTokenLimit),
      maxOutputTokens: asCount(entry.outputTokenLimit),
    }),
  },
  // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html
  'bedrock-converse': {
    member: 'modelSummaries',
    read: (entry) => named(asText(entry.modelId), asText(entry.modelName)),
  },
  // https://docs.ollama.com/api/tags
  'ollama-chat': { member: 'models', read: (entry) => named(asText(entry.model) ?? asText(entry.name), null) },
  // https://docs.cohere.com/reference/list-models
  'cohere-chat': {
    member: 'models',
    read: (entry) => ({ ...named(asText(entry.name), null), contextLength: asCount(entry.context_length) }),
  },
};

const named = (id: string | null, displayName: string | null): ListedModel => {
  return { id: id ?? '', displayName, contextLength: null, maxOutputTokens: null };
};

const isName = (id: string): boolean => id.length <= MAX_NAME_CHARS && /^[^\s\p{Cc}]+$/u.test(id);

const asText = (value: unknown): string | null =>
  typeof value === 'string' && value.length <= MAX_NAME_CHARS ? value : null;

const asCount = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null;
