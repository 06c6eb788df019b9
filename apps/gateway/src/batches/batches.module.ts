import { Module, type DynamicModule } from '@nestjs/common';
import type { Environment } from '@parley/contracts';
import { BatchQueueModule, BatchStore, FileStore } from '@parley/persistence';
import { DataSource } from 'typeorm';
import { BatchesController } from './batches.controller.ts';
import { FilesController } from './files.controller.ts';

/** `/v1/files` and `/v1/batches`. Needs a `DataSource` that is provided globally, and @fastify/multipart. */
@Module({})
export class BatchesModule {
  static forEnvironment(environment: Environment): DynamicModule {
    return {
      module: BatchesModule,
      imports: [BatchQueueModule.forEnvironment(environment)],
      controllers: [FilesController, BatchesController],
      providers: [
        { provide: FileStore, inject: [DataSource], useFactory: (dataSource: DataSource) => new FileStore(dataSource) },
        {
          provide: BatchStore,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => new BatchStore(dataSource),
        },
      ],
    };
  }
}
