import type { Environment } from '@parley/contracts';
import { clusterSources, Runtime, seedConfiguration, startClusterGauges } from '@parley/inference';
import { BatchQueueDepth } from '@parley/persistence';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGateway } from './gateway.ts';
import { Drain } from './health/drain.ts';
import { startMetricsServer } from './http/metrics-server.ts';

const VERSION = '0.1.0';
const DEFAULT_METRICS_PORT = 9464;
const POOL_SIZE = 10;
/** After the drain, for storing the last usage and closing connections. */
const CLOSE_TIMEOUT_MS = 3000;

/** The environment as it came: providers are made from variables that only their catalog knows. */
type Variables = Readonly<Record<string, string | undefined>>;

export type RunningGateway = {
  port: number;
  /** Resolves when it serves; rejects on what waiting for Postgres does not mend. */
  ready: Promise<void>;
  /** Drains, stores what is to be stored and closes everything. Resolves in time, whatever hangs. */
  stop(): Promise<void>;
};

/** Starts to listen at once, and to serve as soon as Postgres is there: until then calls get a 503 and it is not ready. */
export async function startGateway(
  environment: Environment,
  variables: Variables,
  logger: Logger,
): Promise<RunningGateway> {
  const runtime = new Runtime(environment, logger, { app: 'gateway', version: VERSION, poolSize: POOL_SIZE });
  const app = await createGateway(runtime);
  const { HOST, PORT, METRICS_PORT, DRAIN_TIMEOUT_S } = environment;
  const metrics = await startMetricsServer(runtime.registry, METRICS_PORT ?? DEFAULT_METRICS_PORT, HOST);
  await app.listen(PORT, HOST);
  const port = portOf(app.getHttpServer() as Server);
  logger.info({ host: HOST, port, metrics_port: portOf(metrics) }, 'listens');
  let gauges: ReturnType<typeof watchCluster> | undefined;
  const ready = runtime
    .open(() => prepare(runtime, environment, variables))
    .then(() => {
      gauges = watchCluster(runtime, app);
    });
  return {
    port,
    ready,
    async stop() {
      await app.get(Drain).run(app.getHttpServer() as Server, DRAIN_TIMEOUT_S * 1000);
      gauges?.stop();
      const closing = runtime.close().then(() => app.close());
      await Promise.race([closing, sleep(CLOSE_TIMEOUT_MS)]);
      metrics.closeAllConnections();
      metrics.close();
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function prepare({ stores }: Runtime, environment: Environment, variables: Variables): Promise<void> {
  await seedConfiguration(stores, environment, variables);
  if (environment.ADMIN_KEY) await stores.keys.ensureAdminKey(environment.ADMIN_KEY);
}

function watchCluster({ metrics, dataSource, logger }: Runtime, app: NestFastifyApplication): { stop(): void } {
  const queue = app.get(BatchQueueDepth, { strict: false });
  return startClusterGauges(metrics, clusterSources(queue, dataSource), (error) =>
    logger.debug({ err: error }, 'a gauge of the cluster could not be read'),
  );
}
