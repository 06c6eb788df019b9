import { invalidRequest } from '@parley/contracts';
import { z } from 'zod';
import { parseRequest } from '../batches/list-answer.ts';
import type { ModelObject } from './model-object.ts';

/** Who does not page shall see everything, though Anthropic's own default is 20. */
const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  after_id: z.string().optional(),
  before_id: z.string().optional(),
});

/** Source: https://docs.claude.com/en/api/models */
export function anthropicModel(model: ModelObject): object {
  return {
    type: 'model',
    id: model.id,
    display_name: model.display_name ?? model.id,
    created_at: new Date(model.created * 1000).toISOString(),
    max_input_tokens: model.context_length,
    max_tokens: model.max_output_tokens,
  };
}

/** One page of the list. Source: https://docs.claude.com/en/api/models-list. Throws `invalid_request`. */
export function anthropicModelPage(models: readonly ModelObject[], query: unknown): object {
  const { limit = models.length, after_id: after, before_id: before } = parseRequest(pageQuery, query);
  const start = after === undefined ? 0 : placeOf(models, 'after_id', after) + 1;
  const end = before === undefined ? models.length : placeOf(models, 'before_id', before);
  const rest = models.slice(start, end);
  const page = before === undefined ? rest.slice(0, limit) : rest.slice(-limit);
  return {
    data: page.map(anthropicModel),
    has_more: page.length < rest.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}

function placeOf(models: readonly ModelObject[], param: string, id: string): number {
  const place = models.findIndex((model) => model.id === id);
  if (place < 0) throw invalidRequest(param, 'names no model of this list');
  return place;
}
