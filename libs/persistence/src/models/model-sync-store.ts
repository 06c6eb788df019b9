import { In, type DataSource, type EntityManager } from 'typeorm';
import { notifyChange } from '../changes/notify-change.ts';
import { ConnectionEntity } from '../connections/connection.entity.ts';
import { mergeModels, type Merge, type ModelFindings, type SyncReport } from './merge-models.ts';
import { ModelEntity } from './model.entity.ts';
import { insertRows } from './insert-rows.ts';
import { keepPrices } from './price-history.ts';

/** The last time that a connection's models were compared with its provider's. */
export type ModelSync = {
  connection: string;
  startedAt: Date;
  /** Null: it is running, or its process died. */
  finishedAt: Date | null;
  /** Null: it succeeded. */
  errorCode: string | null;
};

/** Brings the table of models up to what providers and catalog say. */
export class ModelSyncStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Merges the findings into the table in one transaction and announces it once, or not at all when nothing changed that
   * anybody could notice. Connections that are gone meanwhile are left out of the answer. Safe against another sync and
   * against edits: it locks the connections, then their rows. `preview`: only tells what it would do.
   */
  async apply(findings: readonly ModelFindings[], { preview }: { preview: boolean }): Promise<SyncReport[]> {
    return this.dataSource.transaction(async (manager) => {
      const providers = await lockConnections(
        manager,
        findings.map(({ connection }) => connection),
        preview,
      );
      const rows = await lockModels(manager, [...providers.keys()], preview);
      const now = new Date();
      const merges = findings.flatMap((found) => {
        const provider = providers.get(found.connection);
        const own = rows.filter(({ connection }) => connection === found.connection);
        return provider === undefined ? [] : [mergeModels(own, found, provider, now)];
      });
      return preview ? merges.map(({ report }) => report) : writeMerges(manager, merges);
    });
  }

  /**
   * Claims those of the connections that nobody has begun to sync for so long: of several processes that ask at once,
   * each gets other ones.
   */
  async claim(connections: readonly string[], { idleMs }: { idleMs: number }): Promise<string[]> {
    const rows: { connection: string }[] = await this.dataSource.query(
      `INSERT INTO model_syncs (connection, started_at)
       SELECT name, now() FROM connections WHERE name = ANY($1) ORDER BY name
       ON CONFLICT (connection) DO UPDATE SET started_at = now(), finished_at = NULL
         WHERE model_syncs.started_at <= now() - make_interval(secs => $2)
       RETURNING connection`,
      [connections, idleMs / 1000],
    );
    return rows.map(({ connection }) => connection);
  }

  /** Notes how a sync ended; `errorCode` null: well. */
  async finish(connection: string, errorCode: string | null): Promise<void> {
    await this.dataSource.query(
      'UPDATE model_syncs SET finished_at = clock_timestamp(), error_code = $2 WHERE connection = $1',
      [connection, errorCode],
    );
  }

  /** The last sync of every connection that had one. */
  async list(): Promise<ModelSync[]> {
    return this.dataSource.query(
      `SELECT connection, started_at AS "startedAt", finished_at AS "finishedAt", error_code AS "errorCode"
       FROM model_syncs ORDER BY connection`,
    );
  }
}

/** Name -> provider. The lock lets models be added by hand meanwhile, but no other sync and no removal. */
async function lockConnections(
  manager: EntityManager,
  names: readonly string[],
  preview: boolean,
): Promise<Map<string, string>> {
  const rows = await manager.find(ConnectionEntity, {
    select: { id: true, name: true, provider: true },
    where: { name: In(names) },
    order: { name: 'ASC' },
    ...(!preview && { lock: { mode: 'for_no_key_update' as const } }),
  });
  return new Map(rows.map(({ name, provider }) => [name, provider]));
}

async function lockModels(
  manager: EntityManager,
  connections: readonly string[],
  preview: boolean,
): Promise<ModelEntity[]> {
  return manager.find(ModelEntity, {
    where: { connection: In(connections) },
    order: { modelId: 'ASC' },
    ...(!preview && { lock: { mode: 'pessimistic_write' as const } }),
  });
}

async function writeMerges(manager: EntityManager, merges: readonly Merge[]): Promise<SyncReport[]> {
  const updates = merges.flatMap((merge) => merge.updates);
  for (const { modelId, set } of updates) {
    await manager.update(ModelEntity, { modelId }, { ...set, updatedAt: () => 'now()' });
  }
  const inserted = new Set(
    await insertRows(
      manager,
      merges.flatMap((merge) => merge.added),
    ),
  );
  await keepPrices(manager, [...inserted, ...updates.map(({ modelId }) => modelId)]);
  const isNews = inserted.size > 0 || merges.some(({ report }) => report.changed.length > 0);
  if (isNews) await notifyChange(manager, 'models');
  // Somebody may have taken an id in the meantime.
  return merges.map(({ report }) => ({ ...report, added: report.added.filter((id) => inserted.has(id)) }));
}
