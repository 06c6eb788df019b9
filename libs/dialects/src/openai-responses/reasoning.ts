import type { ChatRequest } from '@parley/contracts';
import type { Loss, Target } from '../dialect.ts';
import { isObject, type JsonObject } from '../json-values.ts';

/** `keepsState`: the answer is to bring its encrypted reasoning, without which a tool loop would begin anew. */
export type Reasoning = { reasoning?: JsonObject; keepsState: boolean };

/**
 * Writes the effort, and `reasoning` itself (such as `{summary: 'auto'}`) where a caller names it in the API's own form.
 * State is asked of models that are known to reason or are told to: others refuse to be asked.
 */
export function encodeReasoning(request: ChatRequest, target: Target, input: JsonObject[], losses: Loss[]): Reasoning {
  const { reasoning_effort: effort } = request;
  const native = isObject(request['reasoning']) ? request['reasoning'] : {};
  const reasoning = { ...(effort && { effort }), ...native };
  const isAsked = Object.keys(reasoning).length > 0;
  const way = target.capabilities.reasoning;
  if (way === 'none') {
    if (isAsked && reasoning.effort !== 'none') {
      const param = effort ? 'reasoning_effort' : 'reasoning';
      losses.push({ param, action: 'dropped', reason: 'the model does not reason' });
    }
    return { keepsState: false };
  }
  const reasons = (isAsked && reasoning.effort !== 'none') || input.some((item) => item['type'] === 'reasoning');
  return { ...(isAsked && { reasoning }), keepsState: way !== undefined || reasons };
}
