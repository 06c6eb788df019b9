import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { KeyBudget, KeyLocale, KeyRole } from '../configuration/types.ts';

@Entity({ name: 'api_keys' })
export class ApiKeyEntity {
  @PrimaryColumn({ name: 'id', type: 'text' })
  id!: string;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'role', type: 'text' })
  role!: KeyRole;

  /** HMAC-SHA-256 of the secret; the secret itself is stored nowhere. */
  @Column({ name: 'hash', type: 'bytea' })
  hash!: Buffer;

  @Column({ name: 'last4', type: 'text' })
  last4!: string;

  @Column({ name: 'models', type: 'jsonb', nullable: true })
  models!: string[] | null;

  @Column({ name: 'rpm', type: 'integer', nullable: true })
  rpm!: number | null;

  @Column({ name: 'tpm', type: 'integer', nullable: true })
  tpm!: number | null;

  @Column({ name: 'max_parallel', type: 'integer', nullable: true })
  maxParallel!: number | null;

  @Column({ name: 'budgets', type: 'jsonb' })
  budgets!: KeyBudget[];

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'locale', type: 'text', nullable: true })
  locale!: KeyLocale | null;

  @Column({ name: 'tags', type: 'jsonb' })
  tags!: string[];

  @Column({ name: 'project', type: 'text', nullable: true })
  project!: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'rotated_at', type: 'timestamptz', nullable: true })
  rotatedAt!: Date | null;
}
