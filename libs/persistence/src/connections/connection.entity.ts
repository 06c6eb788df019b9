import type { ConnectionOptions } from '@parley/contracts';
import { Column, CreateDateColumn, Entity, OneToMany, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { CredentialEntity } from './credential.entity.ts';

/** Where a connection came from: made from variables of the environment at first start, or by an administrator. */
export type ConnectionSource = 'environment' | 'admin';

@Entity({ name: 'connections' })
export class ConnectionEntity {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id!: string;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'provider', type: 'text' })
  provider!: string;

  @Column({ name: 'base_url', type: 'text', nullable: true })
  baseUrl!: string | null;

  @Column({ name: 'enabled', type: 'boolean' })
  enabled!: boolean;

  @Column({ name: 'allow_private_network', type: 'boolean' })
  allowPrivateNetwork!: boolean;

  @Column({ name: 'options', type: 'jsonb' })
  options!: ConnectionOptions;

  @Column({ name: 'source', type: 'text' })
  source!: ConnectionSource;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @OneToMany(() => CredentialEntity, 'connection')
  credentials!: CredentialEntity[];
}
