import type { PutAlias } from '@parley/contracts';
import type { DataSource } from 'typeorm';
import { notifyChange } from '../changes/notify-change.ts';
import type { AliasDeployment, StoredAlias } from '../configuration/types.ts';
import { AliasEntity } from './alias.entity.ts';

export type Alias = StoredAlias & { createdAt: Date; updatedAt: Date };

/** Public names for deployments. Each write is announced by the same transaction. */
export class AliasStore {
  constructor(private readonly dataSource: DataSource) {}

  /** All aliases, by name. */
  async list(): Promise<Alias[]> {
    return this.dataSource.manager.find(AliasEntity, { order: { name: 'ASC' } });
  }

  async get(name: string): Promise<Alias | undefined> {
    return (await this.dataSource.manager.findOneBy(AliasEntity, { name })) ?? undefined;
  }

  /** Creates the alias or replaces what it means. */
  async put(name: string, { strategy, deployments }: PutAlias): Promise<Alias> {
    return this.dataSource.transaction(async (manager) => {
      await manager.upsert(
        AliasEntity,
        { name, strategy, deployments: deployments.map(completeDeployment), updatedAt: () => 'now()' },
        ['name'],
      );
      await notifyChange(manager, 'aliases');
      return manager.findOneByOrFail(AliasEntity, { name });
    });
  }

  /** False when there is none. */
  async remove(name: string): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.delete(AliasEntity, { name });
      if (!affected) return false;
      await notifyChange(manager, 'aliases');
      return true;
    });
  }
}

function completeDeployment(deployment: PutAlias['deployments'][number]): AliasDeployment {
  if (typeof deployment === 'string') return { model: deployment, weight: 1 };
  return { model: deployment.model, weight: deployment.weight ?? 1 };
}
