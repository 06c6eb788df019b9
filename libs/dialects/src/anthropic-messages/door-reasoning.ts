import { invalidRequest, type ChatAnswerMessage, type ReasoningDetail } from '@parley/contracts';
import { isObject, textOr, type JsonObject } from '../json-values.ts';
import { encodeReasoningDetail, redactedDetail, thinkingDetail } from './reasoning-details.ts';

/** Begins what this door wrote itself. Anthropic's own signatures are base64, which has no dot. */
const PACKED = 'parley.';

/**
 * Other providers' reasoning state as a client of this door can hold it: clients send signatures and redacted data back
 * unread and unchanged. No state makes a signature all the same, since some send no thought back that has none.
 */
export function packDetails(details: readonly ReasoningDetail[]): string {
  return PACKED + Buffer.from(JSON.stringify(details)).toString('base64url');
}

/** True for state that only this door can read; Anthropic would refuse it. */
export function isPacked(opaque: unknown): boolean {
  return typeof opaque === 'string' && opaque.startsWith(PACKED);
}

/** Throws `invalid_request` where a client changed what it should have sent back as it was. */
function unpackDetails(opaque: string, param: string): ReasoningDetail[] {
  try {
    const details: unknown = JSON.parse(Buffer.from(opaque.slice(PACKED.length), 'base64url').toString());
    if (Array.isArray(details) && details.every(isDetail)) return details;
  } catch {
    // Said below.
  }
  throw invalidRequest(param, 'is not what this gateway gave');
}

function isDetail(value: unknown): value is ReasoningDetail {
  return isObject(value) && typeof value['type'] === 'string' && typeof value['format'] === 'string';
}

export type Reasoning = { text: string; details: ReasoningDetail[] };

/** Reads a `thinking` or `redacted_thinking` block of an earlier answer into what is known of the turn's reasoning. */
export function decodeThinking(block: JsonObject, param: string, reasoning: Reasoning): void {
  const isRedacted = block['type'] === 'redacted_thinking';
  const field = isRedacted ? 'data' : 'signature';
  const opaque = textOr(block[field], '');
  const thought = textOr(block['thinking'], '');
  reasoning.text += thought;
  if (isPacked(opaque)) reasoning.details.push(...unpackDetails(opaque, `${param}.${field}`));
  else if (opaque !== '') {
    const index = reasoning.details.length;
    reasoning.details.push(isRedacted ? redactedDetail(opaque, index) : thinkingDetail(thought, opaque, index));
  }
}

/** Whether a piece is Claude's, and hence has a block of its own. */
export function isClaudes({ format }: ReasoningDetail): boolean {
  return format === 'anthropic-claude-v1';
}

/** The blocks that a whole answer begins with. */
export function encodeThinking({
  reasoning_content: text,
  reasoning_details: details,
}: ChatAnswerMessage): JsonObject[] {
  const blocks = (details ?? []).flatMap(encodeReasoningDetail);
  const foreign = (details ?? []).filter((detail) => !isClaudes(detail));
  if (blocks.length === 0 && text) blocks.push(thinkingBlock(text, packDetails(foreign)));
  else if (foreign.length > 0) blocks.push({ type: 'redacted_thinking', data: packDetails(foreign) });
  return blocks;
}

export function thinkingBlock(thinking: string, signature: string): JsonObject {
  return { type: 'thinking', thinking, signature };
}
