import type { Capabilities, DialectId, Pricing } from '@parley/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** Who said it: our catalog, the provider's model list, or an administrator, whose word the other two never overwrite. */
export type ModelSource = 'catalog' | 'provider' | 'admin';

@Entity({ name: 'llm_models' })
export class ModelEntity {
  @PrimaryColumn({ name: 'model_id', type: 'text' })
  modelId!: string;

  /** The name of a connection; the rows of a removed connection go with it. */
  @Column({ name: 'connection', type: 'text' })
  connection!: string;

  @Column({ name: 'provider', type: 'text' })
  provider!: string;

  @Column({ name: 'upstream_model', type: 'text' })
  upstreamModel!: string;

  /** Null: the dialect that the provider speaks first. */
  @Column({ name: 'dialect', type: 'text', nullable: true })
  dialect!: DialectId | null;

  @Column({ name: 'display_name', type: 'text', nullable: true })
  displayName!: string | null;

  @Column({ name: 'context_length', type: 'integer', nullable: true })
  contextLength!: number | null;

  @Column({ name: 'max_output_tokens', type: 'integer', nullable: true })
  maxOutputTokens!: number | null;

  @Column({ name: 'pricing', type: 'jsonb', nullable: true })
  pricing!: Pricing | null;

  @Column({ name: 'capabilities', type: 'jsonb' })
  capabilities!: Capabilities;

  @Column({ name: 'is_available', type: 'boolean' })
  isAvailable!: boolean;

  @Column({ name: 'source', type: 'text' })
  source!: ModelSource;

  /** Column -> who set it. A column that is absent was never set by anyone. */
  @Column({ name: 'field_sources', type: 'jsonb' })
  fieldSources!: Record<string, ModelSource>;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
