import type { EntityManager } from 'typeorm';
import { ModelEntity } from './model.entity.ts';

/** Rows for each statement: far below Postgres' limit of 65,535 parameters. */
const CHUNK = 500;

/** Adds rows whose ids are free and leaves the others out. Returns the ids that were added. */
export async function insertRows(manager: EntityManager, rows: Partial<ModelEntity>[]): Promise<string[]> {
  const added: string[] = [];
  for (let start = 0; start < rows.length; start += CHUNK) {
    const insert = manager.createQueryBuilder().insert().into(ModelEntity).orIgnore().returning('model_id');
    const { raw } = await insert.values(rows.slice(start, start + CHUNK)).execute();
    added.push(...(raw as { model_id: string }[]).map((row) => row.model_id));
  }
  return added;
}
