import { invalidRequest } from '@parley/contracts';
import { MoreThan, type DataSource, type EntityManager } from 'typeorm';
import { notifyChange } from '../changes/notify-change.ts';
import { ConnectionEntity } from '../connections/connection.entity.ts';
import { translateConflict } from '../database/translate-conflict.ts';
import { insertRows } from './insert-rows.ts';
import { markSources, type ModelFields } from './model-fields.ts';
import { ModelEntity, type ModelSource } from './model.entity.ts';
import { keepPrices, readPrices, type ModelPrice } from './price-history.ts';

/** A row as it is: nothing in it is secret. */
export type Model = ModelEntity;

export type NewModel = ModelFields & {
  modelId: string;
  /** The name of an existing connection; the row's provider is that connection's. */
  connection: string;
  upstreamModel: string;
};

export type ModelPage = { models: Model[]; hasMore: boolean };

/** The newest prices of a model that are shown. */
const SHOWN_PRICES = 100;

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
        await keepPrices(manager, [model.modelId]);
        await notifyChange(manager, 'models');
        return manager.findOneByOrFail(ModelEntity, { modelId: model.modelId });
      }),
    );
  }

  /**
   * Changes what is given and remembers that an administrator said so. Null takes the word back: the field is the sync's
   * again, and empty until then; a model is available where its provider's list still has it.
   */
  async update(modelId: string, fields: ModelFields): Promise<Model | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const row = await manager.findOne(ModelEntity, { where: { modelId }, lock: { mode: 'pessimistic_write' } });
      if (!row) return undefined;
      const { capabilities, isAvailable, ...others } = fields;
      await manager.update(
        ModelEntity,
        { modelId },
        {
          ...others,
          ...(capabilities !== undefined && { capabilities: capabilities ?? {} }),
          ...(isAvailable !== undefined && { isAvailable: isAvailable ?? row.missingSince === null }),
          fieldSources: markSources(fields, 'admin', row.fieldSources),
          updatedAt: () => 'now()',
        },
      );
      await keepPrices(manager, [modelId]);
      await notifyChange(manager, 'models');
      return manager.findOneByOrFail(ModelEntity, { modelId });
    });
  }

  /** The prices that a model had, the newest first; also of a model that is gone. */
  async priceHistory(modelId: string): Promise<ModelPrice[]> {
    return readPrices(this.dataSource.manager, modelId, SHOWN_PRICES);
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
      const added = await insertRows(manager, rows);
      await keepPrices(manager, added);
      if (added.length > 0) await notifyChange(manager, 'models');
      return added.length;
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
  const { capabilities, isAvailable, ...given } = model;
  return {
    ...given,
    provider,
    capabilities: capabilities ?? {},
    isAvailable: isAvailable ?? true,
    source,
    fieldSources: markSources(model, source),
  };
}
