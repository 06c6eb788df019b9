import type { ReasoningDetail } from '@parley/contracts';
import type { JsonObject } from '../json-values.ts';

const FORMAT = 'anthropic-claude-v1';

/** Writes one piece of reasoning back as a block. Only signed or encrypted pieces are state: others give nothing. */
export function encodeReasoningDetail(detail: ReasoningDetail): JsonObject[] {
  if (detail.format !== FORMAT) return [];
  if (detail.type === 'reasoning.encrypted' && detail.data) return [{ type: 'redacted_thinking', data: detail.data }];
  if (detail.type === 'reasoning.text' && detail.signature) {
    return [{ type: 'thinking', thinking: detail.text ?? '', signature: detail.signature }];
  }
  return [];
}

/** A thought and its signature, if it has one: state that must come back unchanged in the next request. */
export function thinkingDetail(text: string, signature: string, index: number): ReasoningDetail {
  const signed = signature === '' ? {} : { signature };
  return { type: 'reasoning.text', text, ...signed, format: FORMAT, index };
}

/** A thought that only the provider can read. */
export function redactedDetail(data: string, index: number): ReasoningDetail {
  return { type: 'reasoning.encrypted', data, format: FORMAT, index };
}
