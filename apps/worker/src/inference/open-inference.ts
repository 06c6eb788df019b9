import type { Environment } from '@parley/contracts';
import { ANONYMOUS, createLogger, createNestLogger, Runtime, type Snapshot } from '@parley/inference';
import type { StoredKey } from '@parley/persistence';
import type { OpenWorker } from '../start-worker.ts';
import { executeItem } from './execute-item.ts';
import { syncDueModels } from './sync-due-models.ts';

const VERSION = '0.1.0';
const POOL_SIZE = 10;

/** Opens the inference room for a worker: it brings the connection to Postgres and makes the calls of the items. */
export async function openInference(environment: Environment): Promise<OpenWorker> {
  const logger = createLogger('worker', environment.LOG_LEVEL);
  const runtime = new Runtime(environment, logger, { app: 'worker', version: VERSION, poolSize: POOL_SIZE });
  await runtime.open().catch(async (error: unknown) => {
    await runtime.close().catch(() => undefined);
    throw error;
  });
  const findKey = keyFinder(() => runtime.configuration.current, environment);
  return {
    dataSource: runtime.dataSource,
    execution: {
      executeItem: (item) => executeItem(runtime, findKey, item),
      recordUsage: (manager, rows) => runtime.stores.usage.insertWith(manager, rows),
    },
    syncDueModels: () => syncDueModels(runtime),
    metrics: runtime.metrics,
    readMetrics: async () => ({ contentType: runtime.registry.contentType, text: await runtime.registry.metrics() }),
    logger: createNestLogger(logger),
    close: () => runtime.close(),
  };
}

/** Finds keys by their id, in an index made once for each configuration. */
function keyFinder(current: () => Snapshot, { AUTH }: Environment): (id: string) => StoredKey | undefined {
  const indexes = new WeakMap<Snapshot, Map<string, StoredKey>>();
  return (id) => {
    const snapshot = current();
    let index = indexes.get(snapshot);
    if (!index) {
      index = new Map([...snapshot.keys.values()].map((key) => [key.id, key]));
      if (AUTH === 'off') index.set(ANONYMOUS.id, ANONYMOUS);
      indexes.set(snapshot, index);
    }
    return index.get(id);
  };
}
