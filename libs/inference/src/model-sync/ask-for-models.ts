import { listModels, type ListedModel, type UpstreamPools } from '@parley/providers';
import { targetOf } from '../configuration/connection-target.ts';
import type { ConnectionEntry } from '../configuration/deployments.ts';
import { openDeadline } from '../resilience/deadline.ts';
import { toGatewayError } from '../resilience/verdict.ts';

const TIMEOUT_MS = 30_000;

/** Asks a connection's provider for its models, now. Rejects with what the failure means to our caller. */
export async function askForModels(pools: UpstreamPools, name: string, entry: ConnectionEntry): Promise<ListedModel[]> {
  const target = targetOf(name, entry);
  const deadline = openDeadline(TIMEOUT_MS);
  try {
    return await listModels(pools, target, deadline.signal);
  } catch (error) {
    throw toGatewayError(error, name, '');
  } finally {
    deadline.clear();
  }
}
