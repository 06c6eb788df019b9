/** What embeddings are asked for, the same for every wire format. */
export type EmbeddingAsk = {
  /** Tokens stand as their numbers, so that the same tokens give the same vector. */
  inputs: string[];
  /** Null: the vendor's usual size. */
  dimensions: number | null;
  encoding: 'float' | 'base64';
  /** Gemini's `embedContent` answers with one embedding and not with a list. */
  isSingle: boolean;
};

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * A vector that depends on the text alone. A smaller one is the beginning of a larger one, as with models that were
 * trained for it, and has length 1 where the vendor sees to that.
 */
export function embed(text: string, size: number, { dimensions }: EmbeddingAsk, isAlwaysOne: boolean): number[] {
  const vector = ofLengthOne(Array.from({ length: size }, randomNumbers(text)));
  if (dimensions === null) return vector;
  const shorter = vector.slice(0, dimensions);
  return isAlwaysOne ? ofLengthOne(shorter) : shorter;
}

/** 32-bit floats, so that numbers and base64 say exactly the same. */
function ofLengthOne(vector: number[]): number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => Math.fround(value / length));
}

/** Numbers from -1 to 1, by a hash of the text (FNV-1a) that is stirred on (xorshift). */
function randomNumbers(text: string): () => number {
  let state = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), FNV_PRIME);
  state ||= FNV_OFFSET;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 0x80000000;
  };
}
