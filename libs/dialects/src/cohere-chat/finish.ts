import type { FinishReason } from '@parley/contracts';
import { textOf } from '../json-values.ts';

/** https://docs.cohere.com/reference/chat; the longer names are those of the first version, which some hosts still say. */
const FINISH_REASONS: ReadonlyMap<string, FinishReason | 'error'> = new Map([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['ERROR_LIMIT', 'length'],
  ['TOOL_CALL', 'tool_calls'],
  ['ERROR_TOXIC', 'content_filter'],
  ['ERROR', 'error'],
  ['TIMEOUT', 'error'],
  ['USER_CANCEL', 'error'],
]);

/** `native_finish_reason` is OpenRouter's name for the provider's own word. */
export type Finish = { finish_reason: FinishReason; native_finish_reason: string | null };

/** How an answer ended; `error`: it was not completed. */
export function decodeFinish(reason: unknown, hasToolCalls: boolean): Finish | 'error' {
  const native = textOf(reason) ?? null;
  const mapped = FINISH_REASONS.get(native ?? '') ?? 'stop';
  if (mapped === 'error') return mapped;
  // Clients run tools only when told so.
  return { finish_reason: mapped === 'stop' && hasToolCalls ? 'tool_calls' : mapped, native_finish_reason: native };
}
