import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Environment } from '@parley/contracts';
import { clusterSources, startClusterGauges, type Metrics } from '@parley/inference';
import { BatchQueueDepth } from '@parley/persistence';
import type { DataSource } from 'typeorm';
import { BatchJobsProcessor } from './batch-jobs.processor.ts';
import { BatchWorker } from './batch-worker.service.ts';
import type { Execution } from './execute-item.ts';
import { startHealthServer, type HealthParts } from './health-server.ts';
import { forgetResponses } from './forget-responses.ts';
import { keepUsagePartitions } from './keep-usage-partitions.ts';
import { startLoop } from './loop.ts';
import { WorkerModule } from './worker.module.ts';

const DEFAULT_METRICS_PORT = 9465;
/** How often is looked for models that are due; each is once an hour. */
const SYNC_LOOK_MS = 60_000;
const CONNECT_RETRY_MS = 1_000;
const PROBE_TIMEOUT_MS = 1_000;
/** Each of queue and database is closed politely for this long: BullMQ's close hangs when Redis is gone. */
const CLOSE_TIMEOUT_MS = 1_500;

export type WorkerOptions = {
  environment: Environment;
  /** Connects to Postgres and builds what makes the calls. Called again when it rejects. */
  open: (environment: Environment) => Promise<OpenWorker>;
};

/** What a worker stands on. */
export type OpenWorker = {
  /** Connected. */
  dataSource: DataSource;
  execution: Execution;
  /** Brings models that are due up to what their providers say; absent: this worker does not. */
  syncDueModels?: () => Promise<void>;
  metrics: Metrics;
  readMetrics: HealthParts['readMetrics'];
  /** Where the lines of Nest and of this room go; absent: Nest's own format on the console. */
  logger?: LoggerService;
  close: () => Promise<void>;
};

export type RunningWorker = {
  healthPort: number;
  /** Drains and closes everything; may be called more than once. */
  stop(): Promise<void>;
};

/** Starts a worker. While Postgres is away at the start, it waits, alive but not ready. */
export async function startWorker({ environment, open }: WorkerOptions): Promise<RunningWorker> {
  const logger = new Logger('Worker');
  const { HOST, METRICS_PORT, DRAIN_TIMEOUT_S } = environment;
  let isWorking = false;
  let opened: OpenWorker | undefined;
  const health = await startHealthServer({
    host: HOST,
    port: METRICS_PORT ?? DEFAULT_METRICS_PORT,
    isReady: async () => isWorking && opened !== undefined && answersInTime(opened.dataSource),
    readMetrics: async () => opened?.readMetrics() ?? { contentType: 'text/plain', text: '' },
  });
  opened = await openPatiently(() => open(environment), logger);
  const { dataSource, execution, metrics, close } = opened;
  if (opened.logger) Logger.overrideLogger(opened.logger);
  const application = await NestFactory.createApplicationContext(
    WorkerModule.from({ environment, dataSource, execution, metrics }),
    { abortOnError: false, ...(opened.logger && { logger: opened.logger }) },
  );
  const partitions = keepUsagePartitions(dataSource, environment.RETENTION_DAYS, logger);
  const forgetting = forgetResponses(dataSource, environment.RETENTION_DAYS, logger);
  const modelSync = opened.syncDueModels && startLoop(SYNC_LOOK_MS, opened.syncDueModels, logger);
  const queue = application.get(BatchQueueDepth, { strict: false });
  const gauges = startClusterGauges(metrics, clusterSources(queue, dataSource), (error) =>
    logger.debug(`A gauge of the cluster could not be read: ${String(error)}`),
  );
  isWorking = true;
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    isWorking = false;
    gauges.stop();
    // Wake-ups are for the others from now on, also those that this worker sends for what it gives back.
    await application.get(BatchJobsProcessor).worker.pause(true);
    await application.get(BatchWorker).stop(DRAIN_TIMEOUT_S * 1_000);
    await inTime(Promise.all([application.close(), partitions.stop(), forgetting.stop(), modelSync?.stop()]));
    await inTime(close());
    health.close();
  };
  return { healthPort: health.port, stop: () => (stopped ??= stop()) };
}

const inTime = (closing: Promise<unknown>): Promise<unknown> =>
  Promise.race([closing, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);

async function openPatiently(open: () => Promise<OpenWorker>, logger: Logger): Promise<OpenWorker> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      logger.warn(`The worker cannot start yet: ${String(error)}`);
      await sleep(CONNECT_RETRY_MS);
    }
  }
}

async function answersInTime(dataSource: DataSource): Promise<boolean> {
  const timeout = sleep(PROBE_TIMEOUT_MS, false, { ref: false });
  return Promise.race([dataSource.query('SELECT 1').then(() => true), timeout]);
}
