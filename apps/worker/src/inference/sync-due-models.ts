import { askForModels, syncableConnections, syncModels, type Runtime } from '@parley/inference';

const HOUR_MS = 3_600_000;

/**
 * Syncs the models of the connections that nobody has synced for an hour, this process by itself: what it claims no
 * other worker takes. Where one dies over it, its connections wait for the next hour. A provider's failure is logged.
 */
export async function syncDueModels({ configuration, stores, pools, logger }: Runtime): Promise<void> {
  const { current } = configuration;
  const due = await stores.modelSyncs.claim(syncableConnections(current), { idleMs: HOUR_MS });
  if (due.length === 0) return;
  const tools = {
    connections: current.connections,
    store: stores.modelSyncs,
    list: askForModels.bind(undefined, pools),
    logger,
  };
  await syncModels(tools, due, { preview: false });
}
