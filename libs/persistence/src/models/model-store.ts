import type { Capabilities, DialectId, Pricing } from '@parley/contracts';
import { invalidRequest } from '@parley/contracts';
import { MoreThan, type DataSource, type EntityManager } from 'typeorm';
import { notifyChange } from '../changes/notify-change.ts';
import { ConnectionEntity } from '../connections/connection.entity.ts';
import { translateConflict } from '../database/translate-conflict.ts';
import { ModelEntity, type ModelSource } from './model.entity.ts';

/** A row as it is: nothing in it is secret. */
export type Model = ModelEntity;

/** What may be said about a model, whoever says it; what is left out is not known. */
export type ModelFields = {
  dialect?: DialectId | null;
  displayName?: string | null;
  contextLength?: number | null;
  maxOutputTokens?: number | null;
  pricing?: Pricing | null;
  capabilities?: Capabilities;
  isAvailable?: boolean;
};

export type NewModel = ModelFields & {
  modelId: string;
  /** The name of an existing connection; the row's provider is that connection's. */
  connection: string;
  upstreamModel: string;
};

export type ModelPage = { models: Model[]; hasMore: boolean };

/** Rows for each statement of a seed: far below Postgres' limit of 65,535 parameters. */
const SEED_CHUNK = 500;

/** The table of models. Each write is announced by the same transaction. */
export class ModelStore {
  constructor(private readonly dataSource: DataSource) {}

  /** One page by model id, starting behind `after`. */
  async list({ limit, after }: { limit: number; after?: string }): Promise<ModelPage> {
    const rows = await this.dataSource.manager.find(ModelEntity, {
      where: after === undefined ? {} : { modelId: MoreThan(after) },
      order: { modelId: 'ASC' },
      take: limit + 1,
    });
    return { models: rows.slice(0, limit), hasMore: rows.length > limit };
  }

  async find(modelId: string): Promise<Model | undefined> {
    return (await this.dataSource.manager.findOneBy(ModelEntity, { modelId })) ?? undefined;
  }

  /** Adds an administrator's model. Throws `conflict` when the id is taken, `invalid_request` without the connection. */
  async create(model: NewModel): Promise<Model> {
    return translateConflict('model_id', model.modelId, () =>
      this.dataSource.transaction(async (manager) => {
        const providers = await readProviders(manager);
        const provider = providers.get(model.connection);
        if (provider === undefined) throw invalidRequest('connection', `"${model.connection}" does not exist`);
        await manager.insert(ModelEntity, completeRow(model, provider, 'admin'));
        await notifyChange(manager, 'models');
        return manager.findOneByOrFail(ModelEntity, { modelId: model.modelId });
      }),
    );
  }

  /** Changes what is given and remembers that an administrator said so. */
  async update(modelId: string, fields: ModelFields): Promise<Model | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const row = await manager.findOne(ModelEntity, { where: { modelId }, lock: { mode: 'pessimistic_write' } });
      if (!row) return undefined;
      const fieldSources = { ...row.fieldSources, ...markSources(fields, 'admin') };
      await manager.update(ModelEntity, { modelId }, { ...fields, fieldSources, updatedAt: () => 'now()' });
      await notifyChange(manager, 'models');
      return manager.findOneByOrFail(ModelEntity, { modelId });
    });
  }

  /** False when there is none. */
  async remove(modelId: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(ModelEntity, { modelId });
      if (!affected) return false;
      await notifyChange(manager, 'models');
      return true;
    });
  }

  /**
   * Adds the models that are not there yet and leaves the others alone; models of unknown connections are skipped.
   * Returns how many were added.
   */
  async insertMissing(models: NewModel[], source: Exclude<ModelSource, 'admin'>): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      const providers = await readProviders(manager);
      const rows = models.flatMap((model) => {
        const provider = providers.get(model.connection);
        return provider === undefined ? [] : [completeRow(model, provider, source)];
      });
      let added = 0;
      for (let start = 0; start < rows.length; start += SEED_CHUNK) {
        const insert = manager.createQueryBuilder().insert().into(ModelEntity).orIgnore().returning('model_id');
        const { raw } = await insert.values(rows.slice(start, start + SEED_CHUNK)).execute();
        added += (raw as unknown[]).length;
      }
      if (added > 0) await notifyChange(manager, 'models');
      return added;
    });
  }
}

/** Connection name -> provider. The rows are locked against removal, so that models never refer to nothing. */
async function readProviders(manager: EntityManager): Promise<Map<string, string>> {
  const rows = await manager.find(ConnectionEntity, {
    select: { id: true, name: true, provider: true },
    lock: { mode: 'for_key_share' },
  });
  return new Map(rows.map(({ name, provider }) => [name, provider]));
}

function completeRow(model: NewModel, provider: string, source: ModelSource) {
  const { capabilities = {}, isAvailable = true, ...given } = model;
  return { ...given, provider, capabilities, isAvailable, source, fieldSources: markSources(model, source) };
}

/** `field_sources` speaks of fields by their names in the table. */
const COLUMNS: Record<keyof ModelFields, string> = {
  dialect: 'dialect',
  displayName: 'display_name',
  contextLength: 'context_length',
  maxOutputTokens: 'max_output_tokens',
  pricing: 'pricing',
  capabilities: 'capabilities',
  isAvailable: 'is_available',
};

function markSources(fields: ModelFields, source: ModelSource): Record<string, ModelSource> {
  const names = Object.keys(COLUMNS) as (keyof ModelFields)[];
  return Object.fromEntries(names.filter((name) => fields[name] !== undefined).map((name) => [COLUMNS[name], source]));
}
