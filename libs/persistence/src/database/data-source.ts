import 'reflect-metadata';
import { DataSource, MigrationExecutor } from 'typeorm';
import { entities } from './entities.ts';
import { migrations } from './migrations.ts';

export type DataSourceOptions = {
  /** `postgres://user:password@host:port/database` */
  url: string;
  /** The most connections this process opens at a time. */
  poolSize: number;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
};

/** How long a caller waits for a new connection before the attempt fails, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** Names the lock that starters hold while they migrate; any number works as long as nothing else uses it. */
const MIGRATION_LOCK = 7_215_001;

/** Describes the database; call `initialize()` to connect. The schema belongs to the migrations alone. */
export function createDataSource({ url, poolSize, applicationName }: DataSourceOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    poolSize,
    applicationName,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    entities,
    migrations,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    installExtensions: false,
    logging: false,
    extra: { keepAlive: true },
  });
}

/**
 * Applies the migrations that are missing. An advisory lock on the migrating connection makes a second starter wait and
 * then find nothing to do.
 */
export async function runMigrations(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const executor = new MigrationExecutor(dataSource, runner);
      executor.transaction = 'each';
      await executor.executePendingMigrations();
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    await runner.release();
  }
}
