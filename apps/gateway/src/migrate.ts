import 'reflect-metadata';
import { EXIT_CONFIGURATION, EnvironmentError, readEnvironment } from '@parley/contracts';
import { createDataSource, migrateQueues, runMigrations } from '@parley/persistence';

/** Brings the database to the version that this build expects; safe to run from several places at once. */
async function migrate(): Promise<void> {
  const environment = readEnvironment(process.env);
  const dataSource = createDataSource({
    url: environment.DATABASE_URL,
    poolSize: 2,
    applicationName: 'parley-migrate',
  });
  await dataSource.initialize();
  try {
    await runMigrations(dataSource);
    await migrateQueues(environment);
  } finally {
    await dataSource.destroy();
  }
}

migrate().catch((error: unknown) => {
  if (error instanceof EnvironmentError) console.error(error.message);
  else console.error('The database could not be migrated:', error);
  process.exit(error instanceof EnvironmentError ? EXIT_CONFIGURATION : 1);
});
