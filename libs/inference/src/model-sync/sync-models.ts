import { GatewayError } from '@parley/contracts';
import type { ModelFindings, ModelSyncStore, SyncReport } from '@parley/persistence';
import type { Logger } from 'pino';
import { isUsable, type ConnectionEntry } from '../configuration/deployments.ts';
import type { Snapshot } from '../configuration/snapshot.ts';
import { upstreamWords } from '../resilience/verdict.ts';
import { findModels, type ListModels } from './find-models.ts';

/** What became of one connection; with an error its models are as they were. */
export type ConnectionSync = SyncReport & { error: GatewayError | null };

export type ModelSyncTools = {
  connections: ReadonlyMap<string, ConnectionEntry>;
  store: Pick<ModelSyncStore, 'apply' | 'finish'>;
  list: ListModels;
  logger: Logger;
};

type Found = { name: string; findings: ModelFindings | null; error: GatewayError | null };

/** The connections whose models can be asked for at all. */
export function syncableConnections({ connections }: Snapshot): string[] {
  return [...connections].filter(([, entry]) => isUsable(entry)).map(([name]) => name);
}

/**
 * Brings the models of these connections up to what their providers and the catalog say. A provider's failure is told of
 * its connection and touches no other; rejects where the database cannot be written. `preview`: only tells.
 */
export async function syncModels(
  { connections, store, list, logger }: ModelSyncTools,
  names: readonly string[],
  { preview }: { preview: boolean },
): Promise<ConnectionSync[]> {
  const now = new Date();
  const found = await Promise.all(
    names.flatMap((name) => {
      const entry = connections.get(name);
      return entry ? [find(name, entry, list, now)] : [];
    }),
  );
  const usable = found.flatMap(({ findings }) => (findings ? [findings] : []));
  const reports = new Map(
    (await store.apply(usable, { preview })).map((report) => [report.connection, report] as const),
  );
  const syncs = found.map(({ name, error }) => ({ ...(reports.get(name) ?? nothing(name)), error }));
  for (const sync of syncs) {
    if (!preview) await store.finish(sync.connection, sync.error?.code ?? null);
    note(logger, sync, preview);
  }
  return syncs;
}

async function find(name: string, entry: ConnectionEntry, list: ListModels, now: Date): Promise<Found> {
  try {
    return { name, findings: await findModels(name, entry, list, now), error: null };
  } catch (cause) {
    const error = cause instanceof GatewayError ? cause : new GatewayError('internal_error', {}, { cause });
    return { name, findings: null, error };
  }
}

const nothing = (connection: string): SyncReport => ({
  connection,
  added: [],
  changed: [],
  missing: [],
  unchanged: 0,
});

function note(logger: Logger, { connection, added, changed, missing, error }: ConnectionSync, preview: boolean): void {
  if (error) {
    const details = error.code === 'internal_error' ? { err: error } : { upstream: upstreamWords(error) };
    logger.warn({ connection, error: error.code, ...details }, 'the models of a connection cannot be synced');
  } else if (!preview && added.length + changed.length > 0) {
    const counts = { added: added.length, changed: changed.length, missing: missing.length };
    logger.info({ connection, ...counts }, 'models synced');
  }
}
