import 'reflect-metadata';
import { EXIT_CONFIGURATION, EnvironmentError, readEnvironment } from '@parley/contracts';
import { Runtime, seedConfiguration } from '@parley/inference';
import { destination, pino } from 'pino';
import { createGateway } from './gateway.ts';
import { Drain } from './health/drain.ts';
import { endConnections } from './http/end-connections.ts';
import { startMetricsServer } from './http/metrics-server.ts';

const VERSION = '0.1.0';
const DEFAULT_METRICS_PORT = 9464;
const POOL_SIZE = 10;

async function main(): Promise<void> {
  const environment = readEnvironment(process.env);
  const logger = pino(
    { level: environment.LOG_LEVEL, base: { app: 'gateway' } },
    destination({ sync: false, minLength: 16_000 }),
  );
  setInterval(() => logger.flush(), 1000).unref();
  const runtime = new Runtime(environment, logger, { app: 'gateway', version: VERSION, poolSize: POOL_SIZE });
  await runtime.open(async () => {
    await seedConfiguration(runtime.stores, environment, process.env);
    if (environment.ADMIN_KEY) await runtime.stores.keys.ensureAdminKey(environment.ADMIN_KEY);
  });
  const app = await createGateway(runtime);
  const metrics = await startMetricsServer(
    runtime.registry,
    environment.METRICS_PORT ?? DEFAULT_METRICS_PORT,
    environment.HOST,
  );
  await app.listen(environment.PORT, environment.HOST);

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    app.get(Drain).isDraining = true;
    metrics.close();
    const stopEnding = endConnections(app.getHttpServer(), environment.DRAIN_TIMEOUT_S * 1000);
    await app.close();
    stopEnding();
    await runtime.close();
    logger.flush();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
  process.on('disconnect', () => void stop());
  process.send?.({ type: 'ready', port: Number(new URL(await app.getUrl()).port) });
}

main().catch((error: unknown) => {
  const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (error instanceof EnvironmentError) console.error(error.message);
  else if (busy) console.error(`Parley cannot listen: ${error.message}. Choose another PORT or METRICS_PORT.`);
  else console.error(error);
  process.exit(error instanceof EnvironmentError || busy ? EXIT_CONFIGURATION : 1);
});
