import type { FinishReason } from '@parley/contracts';

/** https://ai.google.dev/api/generate-content#FinishReason; absent names mean an ordinary end. */
const FINISH: Readonly<Record<string, FinishReason | 'error'>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  MODEL_ARMOR: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
  IMAGE_OTHER: 'content_filter',
  // "Unknown reason": the answer was cut, and saying `stop` would sell it as whole.
  OTHER: 'content_filter',
  MALFORMED_FUNCTION_CALL: 'error',
  MALFORMED_RESPONSE: 'error',
  UNEXPECTED_TOOL_CALL: 'error',
  TOO_MANY_TOOL_CALLS: 'error',
  MISSING_THOUGHT_SIGNATURE: 'error',
};

/** `error`: the model failed to give a usable answer. Gemini says STOP also when it calls functions. */
export function toFinishReason(native: string, callsFunctions: boolean): FinishReason | 'error' {
  const reason = Object.hasOwn(FINISH, native) ? FINISH[native]! : 'stop';
  return reason === 'stop' && callsFunctions ? 'tool_calls' : reason;
}

/** What Gemini would say. `native` is the provider's own word, which may be one of Gemini's. */
export function toNativeFinish(finish: FinishReason, native: unknown): string {
  if (typeof native === 'string' && Object.hasOwn(FINISH, native)) return native;
  if (finish === 'length') return 'MAX_TOKENS';
  return finish === 'content_filter' ? 'SAFETY' : 'STOP';
}
