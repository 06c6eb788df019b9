import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '@parley/contracts';
import { Runtime, seedConfiguration } from '@parley/inference';
import { createTestDatabase, generateApiKey } from '@parley/persistence';
import { pino } from 'pino';
import { createGateway } from '../../src/gateway.ts';
import { addConnection, type ConnectionSetup } from './configuration.ts';

export type TestGateway = {
  /** Without a trailing slash. */
  url: string;
  adminKey: string;
  runtime: Runtime;
  close(): Promise<void>;
};

export type TestGatewayOptions = {
  /** Variables on top of those that every test gateway has. */
  environment?: Record<string, string>;
  /** Variables of providers, from which connections are made as at a first start; none are made unless given. */
  providerVariables?: Record<string, string>;
  connections?: ConnectionSetup[];
};

/** Another replica of a gateway: on the same database, with the same keys. */
export async function startTwin({ runtime: { environment }, adminKey }: TestGateway): Promise<TestGateway> {
  const runtime = new Runtime(environment, pino({ enabled: false }), { app: 'gateway', version: 'test', poolSize: 4 });
  await runtime.open();
  const app = await createGateway(runtime);
  await app.listen(0, '127.0.0.1');
  const close = async (): Promise<void> => {
    await app.close();
    await runtime.close();
  };
  return { url: await app.getUrl(), adminKey, runtime, close };
}

/** The whole gateway in this process: a database of its own, any free port, no provider unless one is given. */
export async function startTestGateway({
  environment = {},
  providerVariables,
  connections = [],
}: TestGatewayOptions = {}): Promise<TestGateway> {
  const database = await createTestDatabase();
  const spoolDirectory = await mkdtemp(join(tmpdir(), 'parley-spool-'));
  const adminKey = generateApiKey();
  const settings = readEnvironment({
    DATABASE_URL: database.url,
    ENCRYPTION_MASTER_KEY: '5a'.repeat(32),
    ADMIN_KEY: adminKey,
    SIMULATOR: 'off',
    SPOOL_DIR: spoolDirectory,
    ...environment,
  });
  const runtime = new Runtime(settings, pino({ enabled: false }), { app: 'gateway', version: 'test', poolSize: 4 });
  await runtime.open(async () => {
    if (providerVariables) await seedConfiguration(runtime.stores, settings, providerVariables);
    await runtime.stores.keys.ensureAdminKey(adminKey);
  });
  for (const connection of connections) await addConnection(runtime, connection);
  await runtime.configuration.reload();
  const app = await createGateway(runtime);
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    adminKey,
    runtime,
    async close() {
      // A client may hold a connection on which it never asked for anything; the server would wait for its request.
      (app.getHttpServer() as Server).closeAllConnections();
      await app.close();
      await runtime.close();
      await database.drop();
      await rm(spoolDirectory, { recursive: true, force: true });
    },
  };
}
