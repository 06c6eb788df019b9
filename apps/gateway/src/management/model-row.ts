import type { Capabilities, DialectId, Pricing, UpdateModel } from '@parley/contracts';
import type { Model, ModelFields, ModelPrice } from '@parley/persistence';
import { findProvider } from '@parley/providers';

/** A row of the table of models, as the management API shows it. */
export type ModelRow = {
  model_id: string;
  provider: string;
  connection: string;
  upstream_model: string;
  /** What it is asked in; null: this version does not know its provider. */
  dialect: DialectId | null;
  display_name: string | null;
  context_length: number | null;
  max_output_tokens: number | null;
  /** US dollars per million tokens; null: unknown. */
  pricing: Pricing | null;
  /** Its number among the model's prices, which usage names; null: there never was one. */
  price_version: number | null;
  capabilities: Capabilities;
  is_available: boolean;
  /** A short English phrase; null where it is available. */
  unavailable_reason: string | null;
  source: Model['source'];
  /** Who said which field; what an administrator said is left alone by every sync. */
  field_sources: Model['fieldSources'];
  created_at: string;
  updated_at: string;
};

export function modelRow(model: Model): ModelRow {
  const provider = findProvider(model.provider);
  return {
    model_id: model.modelId,
    provider: model.provider,
    connection: model.connection,
    upstream_model: model.upstreamModel,
    dialect: model.dialect ?? provider?.dialectOf?.(model.upstreamModel) ?? provider?.dialects[0].id ?? null,
    display_name: model.displayName,
    context_length: model.contextLength,
    max_output_tokens: model.maxOutputTokens,
    pricing: model.pricing,
    price_version: model.priceVersion,
    capabilities: model.capabilities,
    is_available: model.isAvailable,
    unavailable_reason: model.isAvailable ? null : unavailableReason(model),
    source: model.source,
    field_sources: model.fieldSources,
    created_at: model.createdAt.toISOString(),
    updated_at: model.updatedAt.toISOString(),
  };
}

function unavailableReason({ fieldSources, missingSince }: Model): string {
  if (fieldSources.is_available === 'admin') return 'an administrator switched it off';
  if (missingSince) return `its provider has not listed it since ${missingSince.toISOString()}`;
  return 'it was added switched off';
}

/** A price that a model has or had. */
export type PriceObject = {
  version: number;
  /** Null: not known from then on. */
  pricing: Pricing | null;
  source: Model['source'] | null;
  valid_from: string;
};

export function priceObject({ version, pricing, source, validFrom }: ModelPrice): PriceObject {
  return { version, pricing, source, valid_from: validFrom.toISOString() };
}

/** The fields that are given, under the names of the store. */
export function modelFields(body: UpdateModel): ModelFields {
  const {
    dialect,
    display_name: displayName,
    context_length: contextLength,
    max_output_tokens: maxOutputTokens,
    pricing,
    capabilities,
    is_available: isAvailable,
  } = body;
  return {
    ...(dialect !== undefined && { dialect }),
    ...(displayName !== undefined && { displayName }),
    ...(contextLength !== undefined && { contextLength }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(pricing !== undefined && { pricing }),
    ...(capabilities !== undefined && { capabilities }),
    ...(isAvailable !== undefined && { isAvailable }),
  };
}
