import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Environment } from '@parley/contracts';
import { createDataSource } from '@parley/persistence';
import type { DataSource } from 'typeorm';
import { BatchJobsProcessor } from './batch-jobs.processor.ts';
import { BatchWorker } from './batch-worker.service.ts';
import type { Execution } from './execute-item.ts';
import { startHealthServer, type HealthParts } from './health-server.ts';
import { WorkerModule } from './worker.module.ts';

const DEFAULT_METRICS_PORT = 9465;
const DATABASE_POOL_SIZE = 10;
const CONNECT_RETRY_MS = 1_000;
const PROBE_TIMEOUT_MS = 1_000;
/** Queue connections are closed politely for this long: BullMQ's close hangs when Redis is gone. */
const CLOSE_TIMEOUT_MS = 3_000;

export type WorkerOptions = {
  environment: Environment;
  /** Builds what makes the calls, once Postgres can be reached. */
  createExecution: (dataSource: DataSource) => Promise<Execution>;
  /** Absent: `/metrics` answers 404. */
  readMetrics?: HealthParts['readMetrics'];
};

export type RunningWorker = {
  healthPort: number;
  /** Drains and closes everything; may be called more than once. */
  stop(): Promise<void>;
};

/** Starts a worker. While Postgres is away at the start, it waits, alive but not ready. */
export async function startWorker({
  environment,
  createExecution,
  readMetrics,
}: WorkerOptions): Promise<RunningWorker> {
  const logger = new Logger('Worker');
  const { DATABASE_URL, HOST, METRICS_PORT, DRAIN_TIMEOUT_S } = environment;
  const dataSource = createDataSource({
    url: DATABASE_URL,
    poolSize: DATABASE_POOL_SIZE,
    applicationName: 'parley-worker',
  });
  let isWorking = false;
  const health = await startHealthServer({
    host: HOST,
    port: METRICS_PORT ?? DEFAULT_METRICS_PORT,
    isReady: async () => isWorking && answersInTime(dataSource),
    readMetrics,
  });
  await connect(dataSource, logger);
  const execution = await createExecution(dataSource);
  const application = await NestFactory.createApplicationContext(
    WorkerModule.from({ environment, dataSource, execution }),
    { abortOnError: false },
  );
  isWorking = true;
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    isWorking = false;
    // Wake-ups are for the others from now on, also those that this worker sends for what it gives back.
    await application.get(BatchJobsProcessor).worker.pause(true);
    await application.get(BatchWorker).stop(DRAIN_TIMEOUT_S * 1_000);
    await Promise.race([application.close(), sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    await Promise.race([dataSource.destroy(), sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    health.close();
  };
  return { healthPort: health.port, stop: () => (stopped ??= stop()) };
}

async function connect(dataSource: DataSource, logger: Logger): Promise<void> {
  for (;;) {
    try {
      await dataSource.initialize();
      return;
    } catch (error) {
      logger.warn(`Postgres cannot be reached yet: ${String(error)}`);
      await sleep(CONNECT_RETRY_MS);
    }
  }
}

async function answersInTime(dataSource: DataSource): Promise<boolean> {
  const timeout = sleep(PROBE_TIMEOUT_MS, false, { ref: false });
  return Promise.race([dataSource.query('SELECT 1').then(() => true), timeout]);
}
