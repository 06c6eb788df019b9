import { CreateConfiguration1790000000000 } from './migrations/1790000000000-create-configuration.ts';
import { CreateUsage1790000001000 } from './migrations/1790000001000-create-usage.ts';
import { CreateBatches1790000002000 } from './migrations/1790000002000-create-batches.ts';
import { SyncModels1790000010000 } from './migrations/1790000010000-sync-models.ts';
import { StoreResponses1790000020000 } from './migrations/1790000020000-store-responses.ts';
import { NoteResponseDeployments1790000030000 } from './migrations/1790000030000-note-response-deployments.ts';

/** Applied in the order of the timestamps at the end of the class names. */
export const migrations = [
  CreateConfiguration1790000000000,
  CreateUsage1790000001000,
  CreateBatches1790000002000,
  SyncModels1790000010000,
  StoreResponses1790000020000,
  NoteResponseDeployments1790000030000,
];
