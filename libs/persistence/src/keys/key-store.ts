import { randomBytes } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { notifyChange } from '../changes/notify-change.ts';
import type { KeyBudget, KeyLocale, KeyRole } from '../configuration/types.ts';
import { generateApiKey, type KeyHasher } from '../vault/api-key-secret.ts';
import { ApiKeyEntity } from './api-key.entity.ts';

/** An API key as it may be shown: by its last characters, without even the hash. */
export type ApiKey = Omit<ApiKeyEntity, 'hash'>;

/** What is left out is unlimited or unset. */
export type KeyFields = {
  name: string;
  role: KeyRole;
  models?: string[] | null;
  rpm?: number | null;
  tpm?: number | null;
  maxParallel?: number | null;
  budgets?: KeyBudget[];
  expiresAt?: Date | null;
  locale?: KeyLocale | null;
  tags?: string[];
  project?: string | null;
};

/** The only moment at which a secret is known: it is shown once and stored nowhere. */
export type KeyWithSecret = { key: ApiKey; secret: string };

/** The id of the key whose secret comes from ADMIN_KEY. */
export const ENVIRONMENT_KEY_ID = 'key_environment';

/** The keys that our callers present. Each write is announced by the same transaction. */
export class KeyStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly hashKey: KeyHasher,
  ) {}

  /** All keys, the oldest first. */
  async list(): Promise<ApiKey[]> {
    const rows = await this.dataSource.manager.find(ApiKeyEntity, { order: { createdAt: 'ASC', id: 'ASC' } });
    return rows.map(withoutHash);
  }

  async find(id: string): Promise<ApiKey | undefined> {
    return findById(this.dataSource.manager, id);
  }

  async create(fields: KeyFields): Promise<KeyWithSecret> {
    const secret = generateApiKey();
    const row = this.#completeRow(fields, secret);
    const key = await this.dataSource.transaction(async (manager) => {
      await manager.insert(ApiKeyEntity, row);
      await notifyChange(manager, 'keys');
      return withoutHash(await manager.findOneByOrFail(ApiKeyEntity, { id: row.id }));
    });
    return { key, secret };
  }

  /** Changes what is given. */
  async update(id: string, fields: Partial<KeyFields>): Promise<ApiKey | undefined> {
    return this.#change(id, fields);
  }

  /** Gives the key a new secret; the old one ends at once. */
  async rotate(id: string): Promise<KeyWithSecret | undefined> {
    const secret = generateApiKey();
    const key = await this.#change(id, { ...this.#describeSecret(secret), rotatedAt: new Date() });
    return key && { key, secret };
  }

  /** False when there is none. */
  async remove(id: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(ApiKeyEntity, { id });
      if (!affected) return false;
      await notifyChange(manager, 'keys');
      return true;
    });
  }

  /**
   * Makes the secret of ADMIN_KEY an admin key, unless it is a key already. There is one such key: another secret takes
   * the place of the former one, which ends. Safe to repeat, also from two processes.
   */
  async ensureAdminKey(secret: string): Promise<void> {
    const row = { ...this.#completeRow({ name: 'ADMIN_KEY', role: 'admin' }, secret), id: ENVIRONMENT_KEY_ID };
    await this.dataSource.transaction(async (manager) => {
      if (await manager.existsBy(ApiKeyEntity, { hash: row.hash })) return;
      await manager.upsert(ApiKeyEntity, { ...row, rotatedAt: () => 'now()' }, ['id']);
      await notifyChange(manager, 'keys');
    });
  }

  async #change(id: string, fields: Partial<ApiKeyEntity>): Promise<ApiKey | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(ApiKeyEntity, { id }, { ...fields, updatedAt: () => 'now()' });
      if (!affected) return undefined;
      await notifyChange(manager, 'keys');
      return findById(manager, id);
    });
  }

  #completeRow({ budgets = [], tags = [], ...fields }: KeyFields, secret: string) {
    const id = `key_${randomBytes(16).toString('base64url')}`;
    return { id, ...fields, budgets, tags, ...this.#describeSecret(secret) };
  }

  #describeSecret(secret: string): Pick<ApiKeyEntity, 'hash' | 'last4'> {
    return { hash: Buffer.from(this.hashKey(secret), 'hex'), last4: secret.slice(-4) };
  }
}

async function findById(manager: EntityManager, id: string): Promise<ApiKey | undefined> {
  const row = await manager.findOneBy(ApiKeyEntity, { id });
  return row ? withoutHash(row) : undefined;
}

function withoutHash({ hash: _hidden, ...shown }: ApiKeyEntity): ApiKey {
  return shown;
}
