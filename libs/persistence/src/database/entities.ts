import { AliasEntity } from '../aliases/alias.entity.ts';
import { ConnectionEntity } from '../connections/connection.entity.ts';
import { CredentialEntity } from '../connections/credential.entity.ts';
import { ApiKeyEntity } from '../keys/api-key.entity.ts';
import { ModelEntity } from '../models/model.entity.ts';
import { SettingEntity } from '../settings/setting.entity.ts';

/** Every table that TypeORM maps. `usage_events` is not among them: it is partitioned and written by plain SQL. */
export const entities = [ConnectionEntity, CredentialEntity, ModelEntity, AliasEntity, ApiKeyEntity, SettingEntity];
