import type { DataSource } from 'typeorm';
import { notifyChange } from '../changes/notify-change.ts';
import { SettingEntity } from './setting.entity.ts';

/** Settings that outlive a restart, each any JSON value. Each write is announced by the same transaction. */
export class SettingStore {
  constructor(private readonly dataSource: DataSource) {}

  async list(): Promise<Record<string, unknown>> {
    const rows = await this.dataSource.manager.find(SettingEntity, { order: { key: 'ASC' } });
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  }

  async get(key: string): Promise<unknown> {
    return (await this.dataSource.manager.findOneBy(SettingEntity, { key }))?.value;
  }

  /** `value` is any JSON value but `undefined`; a JSON null is stored as such. */
  async put(key: string, value: unknown): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      // Written by hand: an ORM takes a null value for SQL's NULL.
      await manager.query(
        `INSERT INTO settings (key, value) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()`,
        [key, JSON.stringify(value)],
      );
      await notifyChange(manager, 'settings');
    });
  }

  /** False when there is none. */
  async remove(key: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(SettingEntity, { key });
      if (!affected) return false;
      await notifyChange(manager, 'settings');
      return true;
    });
  }
}
