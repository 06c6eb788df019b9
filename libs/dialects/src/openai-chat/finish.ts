import type { FinishReason } from '@parley/contracts';

const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['content_filter', 'content_filter'],
  ['function_call', 'function_call'],
  // Together's word for an ordinary end.
  ['eos', 'stop'],
]);

/** OpenAI's word for why an answer ended, or null while it goes on. A word nobody knows counts as an ordinary end. */
export function readFinishReason(value: unknown, hasToolCalls: boolean): FinishReason | null {
  if (typeof value !== 'string' || value === '') return null;
  return REASONS.get(value) ?? (hasToolCalls ? 'tool_calls' : 'stop');
}
