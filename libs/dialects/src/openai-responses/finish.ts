import type { FinishReason } from '@parley/contracts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';

/** How an answer ended. `native` keeps the provider's word, which says more than the hub's. */
export type Finish = { finish_reason: FinishReason; native_finish_reason: string };

/** Reads `status` and `incomplete_details` of a response that is not a failed one. */
export function decodeFinish(response: JsonObject, hasToolCalls: boolean): Finish {
  const details = response['incomplete_details'];
  const reason = isObject(details) ? textOr(details['reason'], '') : '';
  if (response['status'] === 'incomplete' || reason !== '') {
    const finish = reason === 'content_filter' ? 'content_filter' : 'length';
    return { finish_reason: finish, native_finish_reason: reason || 'incomplete' };
  }
  return { finish_reason: hasToolCalls ? 'tool_calls' : 'stop', native_finish_reason: 'completed' };
}
