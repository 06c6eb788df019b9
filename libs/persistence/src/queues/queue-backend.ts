import type { Environment } from '@parley/contracts';
import { createPostgresBackend, runMigrations, setDefaultBackendFactory, type ConnectionOptions } from 'bullmq';
import pg from 'pg';

type QueueEnvironment = Pick<Environment, 'QUEUE' | 'REDIS_URL' | 'DATABASE_URL'>;

/** Connections of one queue or worker to Postgres, besides the one on which it listens. */
const POSTGRES_POOL_SIZE = 3;

/** Redis carries the jobs where it is configured, else Postgres does. */
export function queueBackendOf({ QUEUE, REDIS_URL }: QueueEnvironment): 'redis' | 'postgres' {
  return QUEUE ?? (REDIS_URL ? 'redis' : 'postgres');
}

/** Sets the backend of every queue and worker of this process, and gives what they connect with. */
export function selectQueueBackend(environment: QueueEnvironment): ConnectionOptions {
  if (queueBackendOf(environment) === 'redis') {
    setDefaultBackendFactory();
    return { url: environment.REDIS_URL! };
  }
  setDefaultBackendFactory(createPostgresBackend);
  const connection = { connectionString: environment.DATABASE_URL, max: POSTGRES_POOL_SIZE };
  // The options of @nestjs/bullmq are typed for Redis alone and handed to the backend as they are.
  return connection as ConnectionOptions;
}

/** Brings BullMQ's own tables (schema `bullmq`) up to date where Postgres carries the jobs. Safe to run at any time. */
export async function migrateQueues(environment: QueueEnvironment): Promise<void> {
  if (queueBackendOf(environment) === 'redis') return;
  const client = new pg.Client({ connectionString: environment.DATABASE_URL });
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    await client.end();
  }
}
