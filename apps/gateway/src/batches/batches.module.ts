import { Module, type DynamicModule } from '@nestjs/common';
import type { Environment } from '@parley/contracts';
import { BatchQueueModule, BatchStore, FileStore } from '@parley/persistence';
import type { DataSource } from 'typeorm';
import { BatchesController } from './batches.controller.ts';
import { FilesController } from './files.controller.ts';

/** `/v1/files` and `/v1/batches`. */
@Module({})
export class BatchesModule {
  static with(parts: { environment: Environment; dataSource: DataSource }): DynamicModule {
    return {
      module: BatchesModule,
      imports: [BatchQueueModule.forEnvironment(parts.environment)],
      controllers: [FilesController, BatchesController],
      providers: [
        { provide: FileStore, useValue: new FileStore(parts.dataSource) },
        { provide: BatchStore, useValue: new BatchStore(parts.dataSource) },
      ],
    };
  }
}
