import type { FinishReason } from '@parley/contracts';
import { UpstreamFailureError } from '../dialect.ts';
import { textOr } from '../json-values.ts';
import { badAnswer } from './failure.ts';

/** Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (stopReason) */
const FINISH_REASONS: ReadonlyMap<unknown, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['refusal', 'content_filter'],
]);

/** How an answer ended. `native` keeps the provider's word, which says more than the hub's. */
export type Finish = { finish_reason: FinishReason; native_finish_reason: string | null };

/** Throws `provider_bad_answer` where the model wrote something that Bedrock could not read: that is no end of an answer. */
export function decodeFinish(stopReason: unknown, hasToolCalls: boolean): Finish {
  const native = textOr(stopReason, null);
  if (native?.startsWith('malformed_')) throw new UpstreamFailureError(badAnswer(`the answer ended with ${native}`));
  const mapped = FINISH_REASONS.get(native) ?? 'stop';
  // Clients run tools only when told so, and cannot where there are none: a server tool may have been the last.
  const finish = mapped === 'stop' && hasToolCalls ? 'tool_calls' : mapped;
  return { finish_reason: finish === 'tool_calls' && !hasToolCalls ? 'stop' : finish, native_finish_reason: native };
}
