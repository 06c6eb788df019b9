import type { Door, SourceRequest } from '@parley/dialects';
import type { Credential, Deployment } from './deployment.ts';
import { endpointFor } from './endpoint.ts';
import { hideSecret } from './hide-secret.ts';
import { Exchange } from './http/exchange.ts';
import type { UpstreamPools } from './http/pools.ts';
import { send } from './send.ts';
import { readWhole } from './whole-body.ts';

/** Counting is quick, or it is not worth waiting for. */
const SILENCE_MS = 30_000;

/** Whether a deployment counts requests of this door itself. */
export function countsTokens(deployment: Deployment, door: Door): boolean {
  return door.dialect === deployment.dialect.id && endpointFor(deployment, undefined).countPath !== undefined;
}

/**
 * Asks a deployment that counts (`countsTokens`) how many tokens a request holds; gives its answer as it is. Rejects with
 * `UpstreamFailureError`, or with the signal's reason.
 */
export function askForTokenCount(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  { door, source }: { door: Door; source: SourceRequest },
  signal: AbortSignal,
): Promise<unknown> {
  const { origin, countPath, headers, authorize } = endpointFor(deployment, credential);
  const pool = pools.poolFor(origin, credential?.id ?? deployment.connection, deployment.allowPrivateNetwork);
  const call = {
    origin,
    path: countPath ?? '',
    method: 'POST' as const,
    headers: { ...headers, ...source.headers },
    body: door.relay.editRequest(source, deployment.target).bytes,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(hideSecret(error, credential?.secret) as Error);
    const reader = readWhole(deployment.dialect.decodeFailure, signal, fail, ({ body }) => resolve(body));
    send(pool, call, authorize, new Exchange(reader, signal), signal);
  });
}
