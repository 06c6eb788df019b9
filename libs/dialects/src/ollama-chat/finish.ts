import type { FinishReason } from '@parley/contracts';
import { textOf } from '../json-values.ts';

/** How an answer ended. `native_finish_reason` is OpenRouter's name for the provider's own word. */
export type Finish = { finish_reason: FinishReason; native_finish_reason: string | null };

/** Ollama says `stop` also when it calls tools, and clients run tools only when told so. */
export function decodeFinish(doneReason: unknown, hasToolCalls: boolean): Finish {
  const native = textOf(doneReason) ?? null;
  if (native === 'length') return { finish_reason: 'length', native_finish_reason: native };
  return { finish_reason: hasToolCalls ? 'tool_calls' : 'stop', native_finish_reason: native };
}
