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

  /** The number of this price in `model_prices`; null: there never was one. */
  @Column({ name: 'price_version', type: 'integer', nullable: true })
  priceVersion!: number | null;

  @Column({ name: 'capabilities', type: 'jsonb' })
  capabilities!: Capabilities;

  @Column({ name: 'is_available', type: 'boolean' })
  isAvailable!: boolean;

  /** When the provider's list was first seen to have it; null: it never was. */
  @Column({ name: 'first_listed_at', type: 'timestamptz', nullable: true })
  firstListedAt!: Date | null;

  /** Since when the provider's list, which once had it, has it no more. */
  @Column({ name: 'missing_since', type: 'timestamptz', nullable: true })
  missingSince!: Date | null;

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
