import { BullModule } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import { QUEUES, type Environment } from '@parley/contracts';
import { BatchQueueDepth } from './batch-queue-depth.service.ts';
import { BatchWakeUps } from './batch-wake-ups.service.ts';
import { selectQueueBackend } from './queue-backend.ts';

/** The queue of batches, `BatchWakeUps` and `BatchQueueDepth`, on the backend that the environment names. */
@Module({})
export class BatchQueueModule {
  static forEnvironment(environment: Environment): DynamicModule {
    const queues = BullModule.registerQueue({ name: QUEUES.batches });
    return {
      module: BatchQueueModule,
      imports: [BullModule.forRoot({ connection: selectQueueBackend(environment) }), queues],
      providers: [BatchWakeUps, BatchQueueDepth],
      exports: [BatchWakeUps, BatchQueueDepth, queues],
    };
  }
}
