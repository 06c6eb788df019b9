import type { ReasoningDetail } from '@parley/contracts';
import type { JsonObject } from '../json-values.ts';
import { redactedDetail, thinkingDetail } from '../anthropic-messages/reasoning-details.ts';
import { isClaude } from './model-words.ts';

/**
 * Writes one piece of reasoning back. Only signed or encrypted pieces are state: others give nothing. Signed ones are
 * Claude's, on Bedrock as at Anthropic, and no other model takes them.
 */
export function encodeReasoningDetail(detail: ReasoningDetail, upstreamModel: string): JsonObject[] {
  if (detail.format === 'bedrock-converse-v1' && detail.type === 'reasoning.encrypted' && detail.data) {
    return [{ reasoningContent: { redactedContent: detail.data } }];
  }
  const isSigned = detail.format === 'anthropic-claude-v1' && detail.type === 'reasoning.text';
  if (!isSigned || !detail.signature || !isClaude(upstreamModel)) return [];
  return [{ reasoningContent: { reasoningText: { text: detail.text ?? '', signature: detail.signature } } }];
}

/** A thought and its signature, if it has one: state that must come back unchanged in the next request. */
export function reasoningDetail(text: string, signature: string, index: number): ReasoningDetail {
  if (signature !== '') return thinkingDetail(text, signature, index);
  return { type: 'reasoning.text', text, format: 'bedrock-converse-v1', index };
}

/** A thought that only the provider can read, in base64 as it came. */
export function encryptedDetail(data: string, index: number): ReasoningDetail {
  return { ...redactedDetail(data, index), format: 'bedrock-converse-v1' };
}
