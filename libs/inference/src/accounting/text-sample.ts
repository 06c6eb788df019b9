import type { CountTokens } from './tokenizer.ts';

/** Some of a text, and how long all of it is: enough to guess its tokens when the text itself is gone. */
export type TextSample = { chars: number; text: string };

/** Up to here a text is its own sample. Counting so much takes a few milliseconds, whatever stands in it. */
const MAX_SAMPLE_CHARS = 2048;
/** A tokenizer's time grows with the square of the longest run without white space, so that no run is longer. */
const MAX_PIECE_CHARS = 128;
/** English averages about four characters a token; good enough where nothing counts. */
const CHARS_PER_TOKEN = 4;

/** Takes pieces at equal distances where the texts together are long. */
export function sampleTexts(given: readonly string[]): TextSample {
  const texts = given.filter((text) => text !== '');
  const chars = texts.reduce((sum, { length }) => sum + length, 0);
  if (chars <= MAX_SAMPLE_CHARS) return { chars, text: texts.join('\n').slice(0, MAX_SAMPLE_CHARS) };
  const distance = (chars * MAX_PIECE_CHARS) / MAX_SAMPLE_CHARS;
  const pieces: string[] = [];
  let start = 0;
  let next = 0;
  for (const text of texts) {
    const end = start + text.length;
    for (; next < end; next += distance) {
      const from = Math.floor(next) - start;
      pieces.push(text.slice(from, from + MAX_PIECE_CHARS));
    }
    start = end;
  }
  // Joined into a new text: a slice would keep the whole of the one that it was cut from.
  return { chars, text: pieces.join('\n') };
}

/** Tokens of the text that the sample was taken from. `count` undefined: by the number of characters alone. */
export function countSample({ chars, text }: TextSample, count: CountTokens | undefined): number {
  if (!count || text === '') return chars / CHARS_PER_TOKEN;
  let tokens = 0;
  for (const piece of cutPieces(text)) tokens += count(piece);
  return (tokens * chars) / text.length;
}

/** Cuts before white space, where tokens begin, as long as there is any. */
function cutPieces(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    const limit = start + MAX_PIECE_CHARS;
    const space = limit < text.length ? text.slice(start, limit).search(/\s\S*$/) : -1;
    const end = space > 0 ? start + space : limit;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
