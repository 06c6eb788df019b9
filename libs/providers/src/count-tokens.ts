import type { Door, SourceRequest } from '@parley/dialects';
import { askBeside } from './ask-beside.ts';
import type { Credential, Deployment } from './deployment.ts';
import { endpointFor } from './endpoint.ts';
import type { UpstreamPools } from './http/pools.ts';

/** Whether a deployment counts requests of this door itself. */
export function countsTokens(deployment: Deployment, door: Door): boolean {
  return door.dialect === deployment.dialect.id && endpointFor(deployment, undefined).countPath !== undefined;
}

/**
 * Asks a deployment that counts (`countsTokens`) how many tokens a request holds; gives its answer as it is. Rejects with
 * `UpstreamFailureError`, or with the signal's reason.
 */
export async function askForTokenCount(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  { door, source }: { door: Door; source: SourceRequest },
  signal: AbortSignal,
): Promise<unknown> {
  const { countPath = '' } = endpointFor(deployment, credential);
  const { bytes } = door.relay.editRequest(source, deployment.target);
  const question = { path: () => countPath, body: bytes, ...(source.headers && { headers: source.headers }) };
  const { body } = await askBeside(pools, deployment, credential, question, signal);
  return body;
}
