import type { Credential, Deployment } from './deployment.ts';
import { endpointFor } from './endpoint.ts';
import { hideSecret } from './hide-secret.ts';
import { Exchange } from './http/exchange.ts';
import type { UpstreamPools } from './http/pools.ts';
import { send } from './send.ts';
import { readWhole, type WholeBody } from './whole-body.ts';

/** A question in the target's own format that is no call for an answer, such as one for the length of a prompt. */
export type SideQuestion = {
  /** From the path of the deployment's calls to where this is asked. */
  path: (wholePath: string) => string;
  body: Buffer;
  /** Beside the endpoint's own. */
  headers?: Readonly<Record<string, string>>;
};

const SILENCE_MS = 30_000;
const REPLY_BYTES = 256 * 1024;

/**
 * Asks a deployment something beside its calls, once. Rejects with `UpstreamFailureError` when the provider failed, with
 * the signal's reason when the caller gave up.
 */
export function askBeside(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  { path, body, headers: further }: SideQuestion,
  signal: AbortSignal,
): Promise<WholeBody> {
  const { origin, wholePath, headers, authorize } = endpointFor(deployment, credential);
  const pool = pools.poolFor(origin, credential?.id ?? deployment.connection, deployment.allowPrivateNetwork);
  return new Promise((resolve, rejectWith) => {
    const reject = (error: unknown): void => rejectWith(hideSecret(error, credential?.secret) as Error);
    const listener = readWhole(deployment.dialect.decodeFailure, signal, reject, resolve, REPLY_BYTES);
    const silence = { headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS };
    const call = {
      origin,
      path: path(wholePath),
      method: 'POST' as const,
      headers: { ...headers, ...further },
      body,
      ...silence,
    };
    send(pool, call, authorize, new Exchange(listener, signal), signal);
  });
}
