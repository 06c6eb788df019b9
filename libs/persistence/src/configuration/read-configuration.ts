import type { DataSource, EntityManager } from 'typeorm';
import { AliasEntity } from '../aliases/alias.entity.ts';
import { ConnectionEntity } from '../connections/connection.entity.ts';
import type { CredentialEntity } from '../connections/credential.entity.ts';
import { openCredential } from '../connections/seal-credential.ts';
import { ApiKeyEntity } from '../keys/api-key.entity.ts';
import { ModelEntity } from '../models/model.entity.ts';
import { VaultError, type Vault } from '../vault/vault.ts';
import type { StoredAlias, StoredConfiguration, StoredConnection, StoredKey, StoredModel } from './types.ts';

/**
 * Reads everything that routing and admission need as of one moment. A credential that does not open leaves its
 * connection without credentials and with a `problem`; the rest is not affected.
 */
export async function readConfiguration(dataSource: DataSource, vault: Vault): Promise<StoredConfiguration> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => ({
    connections: await readConnections(manager, vault),
    models: await readModels(manager),
    aliases: await readAliases(manager),
    keys: await readKeys(manager),
  }));
}

async function readConnections(manager: EntityManager, vault: Vault): Promise<StoredConnection[]> {
  const rows = await manager.find(ConnectionEntity, {
    relations: { credentials: true },
    order: { name: 'ASC', credentials: { position: 'ASC' } },
  });
  return rows.map(({ source: _source, createdAt: _createdAt, updatedAt: _updatedAt, credentials, ...fields }) => ({
    ...fields,
    ...openCredentials(vault, credentials),
  }));
}

function openCredentials(vault: Vault, rows: CredentialEntity[]): Pick<StoredConnection, 'credentials' | 'problem'> {
  try {
    const credentials = rows.map((row) => ({ id: row.id, apiKey: openCredential(vault, row), last4: row.last4 }));
    return { credentials, problem: null };
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return { credentials: [], problem: error.message };
  }
}

async function readModels(manager: EntityManager): Promise<StoredModel[]> {
  const rows = await manager.find(ModelEntity, { order: { modelId: 'ASC' } });
  return rows.map(({ fieldSources: _fieldSources, firstListedAt: _firstListedAt, ...model }) => model);
}

async function readAliases(manager: EntityManager): Promise<StoredAlias[]> {
  const rows = await manager.find(AliasEntity, { order: { name: 'ASC' } });
  return rows.map(({ name, strategy, deployments }) => ({ name, strategy, deployments }));
}

async function readKeys(manager: EntityManager): Promise<StoredKey[]> {
  const rows = await manager.find(ApiKeyEntity, { order: { id: 'ASC' } });
  return rows.map(({ createdAt: _createdAt, updatedAt: _updatedAt, rotatedAt: _rotatedAt, hash, ...key }) => ({
    ...key,
    hash: hash.toString('hex'),
  }));
}
