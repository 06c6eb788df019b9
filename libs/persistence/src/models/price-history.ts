import type { Pricing } from '@parley/contracts';
import type { EntityManager } from 'typeorm';
import type { ModelSource } from './model.entity.ts';

/** A price that a model has or had, from `validFrom` until the next one's. */
export type ModelPrice = {
  /** Counts from 1 for each model; usage rows name it. */
  version: number;
  /** Null: from then on the price was not known. */
  pricing: Pricing | null;
  /** Null: nobody says a price any more. */
  source: ModelSource | null;
  validFrom: Date;
};

/** The columns stand in the table of models too, so each statement names what it means. */
const INSERT_CHANGED = `
  INSERT INTO model_prices (model_id, version, pricing, source, valid_from)
  SELECT model.model_id, coalesce(latest.version, 0) + 1, model.pricing, model.field_sources->>'pricing', clock_timestamp()
  FROM llm_models model
  LEFT JOIN LATERAL (
    SELECT version, pricing FROM model_prices price WHERE price.model_id = model.model_id ORDER BY version DESC LIMIT 1
  ) latest ON true
  WHERE model.model_id = ANY($1) AND model.pricing IS DISTINCT FROM latest.pricing`;

const NUMBER_MODELS = `
  UPDATE llm_models model SET price_version = latest.version
  FROM (SELECT model_id, max(version) AS version FROM model_prices WHERE model_id = ANY($1) GROUP BY model_id) latest
  WHERE model.model_id = latest.model_id AND model.price_version IS DISTINCT FROM latest.version`;

/**
 * Keeps the prices of these models where they differ from the last ones that are known of them. Part of the transaction
 * that wrote the models: its locks keep the numbers in a row.
 */
export async function keepPrices(manager: EntityManager, modelIds: readonly string[]): Promise<void> {
  if (modelIds.length === 0) return;
  await manager.query(INSERT_CHANGED, [modelIds]);
  await manager.query(NUMBER_MODELS, [modelIds]);
}

/** The newest first. */
export async function readPrices(manager: EntityManager, modelId: string, limit: number): Promise<ModelPrice[]> {
  return manager.query(
    `SELECT version, pricing, source, valid_from AS "validFrom" FROM model_prices
     WHERE model_id = $1 ORDER BY version DESC LIMIT $2`,
    [modelId, limit],
  );
}
