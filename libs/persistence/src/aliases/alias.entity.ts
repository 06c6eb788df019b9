import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { AliasDeployment, AliasStrategy } from '../configuration/types.ts';

@Entity({ name: 'aliases' })
export class AliasEntity {
  @PrimaryColumn({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'strategy', type: 'text' })
  strategy!: AliasStrategy;

  @Column({ name: 'deployments', type: 'jsonb' })
  deployments!: AliasDeployment[];

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
