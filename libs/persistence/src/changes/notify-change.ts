import type { EntityManager } from 'typeorm';

/** What a change event is about; listeners read the configuration again. */
export const CHANGE_TOPICS = ['connections', 'models', 'aliases', 'keys', 'settings'] as const;
export type ChangeTopic = (typeof CHANGE_TOPICS)[number];

export const CHANGE_CHANNEL = 'parley_changes';

/**
 * Announces a change as part of the caller's transaction: Postgres delivers it at the commit, and a rollback takes it
 * back (https://www.postgresql.org/docs/current/sql-notify.html).
 */
export async function notifyChange(manager: EntityManager, topic: ChangeTopic): Promise<void> {
  await manager.query('SELECT pg_notify($1, $2)', [CHANGE_CHANNEL, topic]);
}
