import type { ReasoningDetail } from '@parley/contracts';
import { objectsIn, textOr, type JsonObject } from '../json-values.ts';

const FORMAT = 'openai-responses-v1';

/** A reasoning item to be sent back, and the tool call that it stood before; undefined: it leads the turn. */
export type ReasoningItem = { item: JsonObject; callId: string | undefined };

/**
 * The state of a reasoning item, in pieces: its summaries and its encrypted content, all under the item's id. Without
 * encrypted content there is no state: the provider could only look the item up, and nothing is stored there.
 */
export function decodeReasoningItem(item: JsonObject): ReasoningDetail[] {
  const data = textOr(item['encrypted_content'], '');
  if (data === '') return [];
  const id = textOr(item['id'], null);
  const summaries = objectsIn(item['summary']).map<ReasoningDetail>((part) => {
    return { type: 'reasoning.summary', summary: textOr(part['text'], ''), id, format: FORMAT };
  });
  return [...summaries, { type: 'reasoning.encrypted', data, id, format: FORMAT }];
}

/**
 * Puts the pieces together to the very items they came from. Readable reasoning is left out: `input[N].content: array
 * too long. Expected an array with maximum length 0`.
 */
export function encodeReasoningItems(details: readonly ReasoningDetail[]): ReasoningItem[] {
  const pieces = details.filter(({ format }) => format === FORMAT);
  return pieces.flatMap(({ type, id, data, tool_call_id: callId }) => {
    if (type !== 'reasoning.encrypted' || !data) return [];
    const summary = pieces
      .filter((piece) => piece.type === 'reasoning.summary' && piece.id === id)
      .map((piece) => ({ type: 'summary_text', text: piece.summary ?? '' }));
    const item = { type: 'reasoning', ...(id && { id }), summary, encrypted_content: data };
    return [{ item, callId: callId ?? undefined }];
  });
}
