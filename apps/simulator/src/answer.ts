export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** Tokens. `input` includes `cached` and `output` includes `reasoning`; each vendor's writer does its own arithmetic. */
export type Usage = { input: number; output: number; cached: number; reasoning: number };

/** `id` is unique in the process; writers put the vendor's prefix before it. */
export type ToolCall = { id: string; name: string; arguments: Record<string, unknown> };

export type Answer = {
  reasoning: string;
  text: string;
  refusal: string | null;
  toolCalls: ToolCall[];
  finish: FinishReason;
  /** Null: the answer keeps silent about usage. */
  usage: Usage | null;
};

/** What makes one answer differ from the next: a counter of this process, and the clock. */
export type Identity = { serial: string; createdSeconds: number };

/** One piece of a stream, ready for the wire. Only deltas count for `drip`, `cut` and `fail`. */
export type Frame = { wire: string; isDelta: boolean };

/** Words with the space before them, as token streams look. */
export function splitWords(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\S)(?=\s)/u);
}

/** Fragments of at most 12 code points, for tool arguments. */
export function splitFragments(text: string): string[] {
  return text.match(/[^]{1,12}/gu) ?? [];
}

/** A signature the simulator can check when it comes back: real vendors refuse reasoning that was altered. */
export function signReasoning(reasoning: string): string {
  let hash = 0x811c9dc5; // FNV-1a
  for (let index = 0; index < reasoning.length; index += 1) {
    hash = Math.imul(hash ^ reasoning.charCodeAt(index), 0x01000193);
  }
  return Buffer.from(`simulator:${(hash >>> 0).toString(16).padStart(8, '0')}`).toString('base64');
}
