import type { ConnectionOptions } from '@parley/contracts';
import { UpstreamFailureError, type HeaderMap } from '@parley/dialects';
import type { Credential } from '../deployment.ts';
import { modelListEndpoint, type ListEndpoint } from '../endpoint.ts';
import { Exchange } from '../http/exchange.ts';
import type { UpstreamPools } from '../http/pools.ts';
import { transportFailure } from '../http/transport-failure.ts';
import { readJsonOrText } from '../live-stream.ts';
import { readModelList } from '../model-list/by-dialect.ts';
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

/**
 * Asks a provider which models it has; none where it has no list, and then nothing is sent. Rejects with
 * `UpstreamFailureError`, or with the signal's reason. `onHead` is told the status of the first answer as soon as it is
 * known.
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
            resolve(provider.modelList?.read ? provider.modelList.read(body) : readModelList(dialect.id, body));
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
