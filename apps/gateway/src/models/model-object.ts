import type { Capabilities, Pricing } from '@parley/contracts';
import type { ModelEntry } from '@parley/inference';

/** OpenAI's model object with what callers need to choose one. */
export type ModelObject = {
  id: string;
  object: 'model';
  /** Unix seconds. */
  created: number;
  owned_by: string;
  display_name: string | null;
  context_length: number | null;
  max_output_tokens: number | null;
  /** US dollars per million tokens; null: unknown. */
  pricing: Pricing | null;
  capabilities: Capabilities;
  is_available: boolean;
};

export function modelObject({ deployment, stored, isAvailable }: ModelEntry, id: string): ModelObject {
  return {
    id,
    object: 'model',
    created: Math.floor((stored?.createdAt.getTime() ?? 0) / 1000),
    owned_by: deployment.connection,
    display_name: stored?.displayName ?? null,
    context_length: stored?.contextLength ?? null,
    max_output_tokens: stored?.maxOutputTokens ?? null,
    pricing: stored?.pricing ?? null,
    capabilities: deployment.target.capabilities,
    is_available: isAvailable,
  };
}
