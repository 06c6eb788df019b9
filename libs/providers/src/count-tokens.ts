import type { CountDoor, SourceRequest } from '@parley/dialects';
import type { Credential, Deployment } from './deployment.ts';
import { endpointFor } from './endpoint.ts';
import { hideSecret } from './hide-secret.ts';
import { Exchange } from './http/exchange.ts';
import type { UpstreamPools } from './http/pools.ts';
import { send } from './send.ts';
import { readWhole } from './whole-body.ts';

const SILENCE_MS = 30_000;
const REPLY_BYTES = 256 * 1024;

/** Whether a deployment counts requests of this door itself. */
export function countsTokens(deployment: Deployment, { dialect }: CountDoor): boolean {
  return dialect === deployment.dialect.id && endpointFor(deployment, undefined).countPath !== undefined;
}

/**
 * Asks a deployment that counts (`countsTokens`) how many tokens a request holds, once; gives its answer as it is. Rejects
 * with `UpstreamFailureError` when the provider failed, with the signal's reason when the caller gave up.
 */
export function askForTokenCount(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  { door, source }: { door: CountDoor; source: SourceRequest },
  signal: AbortSignal,
): Promise<unknown> {
  const { origin, countPath = '', headers, authorize } = endpointFor(deployment, credential);
  const pool = pools.poolFor(origin, credential?.id ?? deployment.connection, deployment.allowPrivateNetwork);
  const call = {
    origin,
    path: countPath,
    method: 'POST' as const,
    headers: { ...headers, ...source.headers },
    body: door.editRequest(source, deployment.target).bytes,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  };
  return new Promise((resolve, rejectWith) => {
    const reject = (error: unknown): void => rejectWith(hideSecret(error, credential?.secret) as Error);
    const accept = ({ body }: { body: unknown }): void => resolve(body);
    const listener = readWhole(deployment.dialect.decodeFailure, signal, reject, accept, REPLY_BYTES);
    send(pool, call, authorize, new Exchange(listener, signal), signal);
  });
}
