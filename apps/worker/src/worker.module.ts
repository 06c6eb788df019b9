import { Module, type DynamicModule } from '@nestjs/common';
import type { Environment } from '@parley/contracts';
import { BatchQueueModule } from '@parley/persistence';
import { DataSource } from 'typeorm';
import { BatchJobsProcessor } from './batch-jobs.processor.ts';
import { BatchWorker } from './batch-worker.service.ts';
import type { Metrics } from '@parley/inference';
import { EXECUTION, type BoundedExecution, type Execution } from './execute-item.ts';
import { BatchTelemetry } from './telemetry/batch-telemetry.ts';

export type WorkerParts = {
  environment: Environment;
  dataSource: DataSource;
  execution: Execution;
  metrics: Metrics;
};

@Module({})
export class WorkerModule {
  static from({ environment, dataSource, execution, metrics }: WorkerParts): DynamicModule {
    const bounded: BoundedExecution = { ...execution, concurrency: environment.BATCH_CONCURRENCY };
    return {
      module: WorkerModule,
      imports: [BatchQueueModule.forEnvironment(environment)],
      providers: [
        { provide: DataSource, useValue: dataSource },
        { provide: EXECUTION, useValue: bounded },
        { provide: BatchTelemetry, useValue: new BatchTelemetry(metrics) },
        BatchWorker,
        BatchJobsProcessor,
      ],
    };
  }
}
