import type { ConnectionOptions } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { notifyChange } from '../changes/notify-change.ts';
import { translateConflict } from '../database/translate-conflict.ts';
import type { Vault } from '../vault/vault.ts';
import { ConnectionEntity, type ConnectionSource } from './connection.entity.ts';
import { CredentialEntity } from './credential.entity.ts';
import { readLast4, sealCredential } from './seal-credential.ts';

/** A connection as it may be shown: its credentials are known by their last characters only. */
export type Connection = {
  id: string;
  name: string;
  provider: string;
  baseUrl: string | null;
  enabled: boolean;
  allowPrivateNetwork: boolean;
  options: ConnectionOptions;
  source: ConnectionSource;
  credentials: { id: string; last4: string }[];
  createdAt: Date;
  updatedAt: Date;
};

export type NewConnection = {
  name: string;
  provider: string;
  source: ConnectionSource;
  /** Provider keys in the clear, in order of preference; empty for a server that wants none. */
  apiKeys: string[];
  baseUrl?: string | null;
  enabled?: boolean;
  allowPrivateNetwork?: boolean;
  options?: ConnectionOptions;
};

/** What is left out stays as it is; `apiKeys` replaces all credentials. Name and provider are fixed: models refer to them. */
export type ConnectionChange = Partial<Omit<NewConnection, 'name' | 'provider' | 'source'>>;

/** The configured providers. Each write is announced by the same transaction. */
export class ConnectionStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly vault: Vault,
  ) {}

  /** All connections, by name. */
  async list(): Promise<Connection[]> {
    const rows = await this.dataSource.manager.find(ConnectionEntity, {
      relations: { credentials: true },
      order: { name: 'ASC', credentials: { position: 'ASC' } },
    });
    return rows.map(describeConnection);
  }

  async find(name: string): Promise<Connection | undefined> {
    return findByName(this.dataSource.manager, name);
  }

  /** Throws `conflict` when the name is taken. */
  async create(connection: NewConnection): Promise<Connection> {
    const { apiKeys, baseUrl = null, enabled = true, allowPrivateNetwork = false, options = {}, ...named } = connection;
    const id = randomUUID();
    return translateConflict('name', connection.name, () =>
      this.dataSource.transaction(async (manager) => {
        await manager.insert(ConnectionEntity, { id, ...named, baseUrl, enabled, allowPrivateNetwork, options });
        await this.#insertCredentials(manager, id, apiKeys);
        await notifyChange(manager, 'connections');
        return readBack(await findByName(manager, connection.name));
      }),
    );
  }

  async update(name: string, change: ConnectionChange): Promise<Connection | undefined> {
    const { apiKeys, ...fields } = change;
    return this.dataSource.transaction(async (manager) => {
      // The lock makes two replacements of the credentials happen one after the other.
      const row = await manager.findOne(ConnectionEntity, { where: { name }, lock: { mode: 'pessimistic_write' } });
      if (!row) return undefined;
      await manager.update(ConnectionEntity, { id: row.id }, { ...fields, updatedAt: () => 'now()' });
      if (apiKeys) {
        await manager.delete(CredentialEntity, { connectionId: row.id });
        await this.#insertCredentials(manager, row.id, apiKeys);
      }
      await notifyChange(manager, 'connections');
      return readBack(await findByName(manager, name));
    });
  }

  /** Removes the connection with its credentials and models; false when there is none. */
  async remove(name: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(ConnectionEntity, { name });
      if (!affected) return false;
      await notifyChange(manager, 'connections');
      return true;
    });
  }

  async #insertCredentials(manager: EntityManager, connectionId: string, apiKeys: string[]): Promise<void> {
    if (apiKeys.length === 0) return;
    const rows = apiKeys.map((apiKey, position) => {
      const id = randomUUID();
      return { id, connectionId, position, sealed: sealCredential(this.vault, id, apiKey), last4: readLast4(apiKey) };
    });
    await manager.insert(CredentialEntity, rows);
  }
}

async function findByName(manager: EntityManager, name: string): Promise<Connection | undefined> {
  const row = await manager.findOne(ConnectionEntity, {
    where: { name },
    relations: { credentials: true },
    order: { credentials: { position: 'ASC' } },
  });
  return row ? describeConnection(row) : undefined;
}

function readBack(connection: Connection | undefined): Connection {
  if (!connection) throw new Error('A connection vanished within the transaction that wrote it');
  return connection;
}

function describeConnection({ credentials, ...fields }: ConnectionEntity): Connection {
  return { ...fields, credentials: credentials.map(({ id, last4 }) => ({ id, last4 })) };
}
