import type { Capabilities, DialectId, Pricing } from '@parley/contracts';
import type { ModelSource } from './model.entity.ts';

/** What may be said about a model, whoever says it; what is left out is not known. */
export type ModelFields = {
  dialect?: DialectId | null;
  displayName?: string | null;
  contextLength?: number | null;
  maxOutputTokens?: number | null;
  pricing?: Pricing | null;
  capabilities?: Capabilities | null;
  isAvailable?: boolean | null;
};

/** `field_sources` speaks of fields by their names in the table. */
export const FIELD_COLUMNS: Record<keyof ModelFields, string> = {
  dialect: 'dialect',
  displayName: 'display_name',
  contextLength: 'context_length',
  maxOutputTokens: 'max_output_tokens',
  pricing: 'pricing',
  capabilities: 'capabilities',
  isAvailable: 'is_available',
};

const FIELDS = Object.keys(FIELD_COLUMNS) as (keyof ModelFields)[];

export type FieldSources = Record<string, ModelSource>;

/** Who set which field. A field that is set to null belongs to nobody: the next sync may fill it. */
export function markSources(fields: ModelFields, source: ModelSource, before: FieldSources = {}): FieldSources {
  const sources = { ...before };
  for (const field of FIELDS) {
    if (fields[field] === undefined) continue;
    if (fields[field] === null) delete sources[FIELD_COLUMNS[field]];
    else sources[FIELD_COLUMNS[field]] = source;
  }
  return sources;
}
