import type { CountDoor, SourceRequest } from '@parley/dialects';
import type { Credential, Deployment } from './deployment.ts';
import { endpointFor } from './endpoint.ts';
import { hideSecret } from './hide-secret.ts';
import { Exchange } from './http/exchange.ts';
import type { UpstreamPools } from './http/pools.ts';
import { refuseLosses } from './refuse-losses.ts';
import { send } from './send.ts';
import { readWhole } from './whole-body.ts';

const SILENCE_MS = 30_000;
const REPLY_BYTES = 256 * 1024;

/** Whether a deployment counts the tokens of a request, in its own format. */
export function countsTokens(deployment: Deployment): boolean {
  return deployment.dialect.count !== undefined && endpointFor(deployment, undefined).countPath !== undefined;
}

/**
 * Asks a deployment that counts (`countsTokens`) how many tokens a request holds, once, and answers in the door's words:
 * with the provider's own where it speaks the door's format. Rejects with `UpstreamFailureError` when the provider failed,
 * with `unsupported_parameter` when the request cannot be put to it, with the signal's reason when the caller gave up.
 */
export async function askForTokenCount(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  { door, source }: { door: CountDoor; source: SourceRequest },
  signal: AbortSignal,
): Promise<unknown> {
  const { dialect, target } = deployment;
  if (door.dialect === dialect.id) {
    const own = { body: door.editRequest(source, target).bytes, headers: source.headers };
    return post(pools, deployment, credential, own, signal);
  }
  const { body, losses } = dialect.count!.encodeRequest(source.request, target);
  refuseLosses(losses, false, target);
  const answer = await post(pools, deployment, credential, { body: JSON.stringify(body) }, signal);
  return door.encodeCount(dialect.count!.decodeResponse(answer));
}

/** Resolves with the parsed answer. */
function post(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  { body, headers: own }: { body: Buffer | string; headers?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<unknown> {
  const { origin, countPath = '', headers, authorize } = endpointFor(deployment, credential);
  const pool = pools.poolFor(origin, credential?.id ?? deployment.connection, deployment.allowPrivateNetwork);
  const times = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };
  const call = { origin, path: countPath, method: 'POST' as const, headers: { ...headers, ...own }, body, ...times };
  return new Promise((resolve, rejectWith) => {
    const reject = (error: unknown): void => rejectWith(hideSecret(error, credential?.secret) as Error);
    const accept = ({ body: answer }: { body: unknown }): void => resolve(answer);
    const listener = readWhole(deployment.dialect.decodeFailure, signal, reject, accept, REPLY_BYTES);
    send(pool, call, authorize, new Exchange(listener, signal), signal);
  });
}
