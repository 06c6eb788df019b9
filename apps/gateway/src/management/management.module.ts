import { Module } from '@nestjs/common';
import { AliasesController } from './aliases.controller.ts';
import { ApiDescription, ApiDescriptionController } from './api-description.ts';
import { ConnectionHealth } from './connection-health.ts';
import { KeysController } from './keys.controller.ts';
import { LiveModelLists } from './live-models.ts';
import { ModelSyncController } from './model-sync.controller.ts';
import { ModelTableController } from './model-table.controller.ts';
import { MonitoringController } from './monitoring.controller.ts';
import { ProvidersController } from './providers.controller.ts';
import { UsageController } from './usage.controller.ts';

/** What administrators set up and look at. No route in it names an access: the guard leaves them to administrators. */
@Module({
  providers: [ApiDescription, ConnectionHealth, LiveModelLists],
  controllers: [
    ProvidersController,
    MonitoringController,
    ModelSyncController,
    ModelTableController,
    AliasesController,
    KeysController,
    UsageController,
    ApiDescriptionController,
  ],
})
export class ManagementModule {}
