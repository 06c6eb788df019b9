import type { FinishReason } from '@parley/contracts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';

/** Source: https://docs.claude.com/en/api/handling-stop-reasons */
const FINISH_REASONS: ReadonlyMap<unknown, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  // The provider's own tool loop paused; the caller may send the answer back to let it go on.
  ['pause_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
]);

/** How an answer ended. `native` keeps the provider's word, which says more than the hub's. */
export type Finish = { finish_reason: FinishReason; native_finish_reason: string | null };

export function decodeFinish(stopReason: unknown, hasToolCalls: boolean): Finish {
  const mapped = FINISH_REASONS.get(stopReason) ?? 'stop';
  // Clients run tools only when told so.
  const finish = mapped === 'stop' && hasToolCalls ? 'tool_calls' : mapped;
  return { finish_reason: finish, native_finish_reason: textOr(stopReason, null) };
}

/** The provider's explanation of a refusal; null where there was none. `part` is the message or its closing delta. */
export function decodeRefusal(part: JsonObject): string | null {
  const details = part['stop_details'];
  return part['stop_reason'] === 'refusal' && isObject(details) ? textOr(details['explanation'], null) : null;
}
