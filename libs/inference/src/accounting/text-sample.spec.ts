import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countSample, sampleTexts } from './text-sample.ts';

const MOST = 2048;

describe('a sample of texts', () => {
  it('is the texts themselves where they are short', () => {
    expect(sampleTexts(['one', '', 'two'])).toEqual({ chars: 6, text: 'one\ntwo' });
    expect(sampleTexts([])).toEqual({ chars: 0, text: '' });
  });

  it('is never longer than the most that is counted, and knows how long the whole is', () => {
    const texts = fc.array(
      fc.nat(9000).map((length) => 'x'.repeat(length)),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(texts, (whole) => {
        const { chars, text } = sampleTexts(whole);
        expect(chars).toBe(whole.reduce((sum, { length }) => sum + length, 0));
        expect(text.length).toBeLessThanOrEqual(MOST + 16);
        expect(text === '').toBe(chars === 0);
      }),
    );
  });

  it('comes from all over a long text', () => {
    const long = Array.from({ length: 10 }, (_, index) => String(index).repeat(1000)).join('');
    expect(new Set(sampleTexts([long]).text.replaceAll('\n', ''))).toEqual(new Set('0123456789'));
  });
});

describe('counting a sample', () => {
  const countLetters = (text: string): number => text.length;

  it('stands for the whole', () => {
    const sample = sampleTexts(['x'.repeat(100_000)]);
    expect(countSample(sample, countLetters)).toBe(100_000);
    expect(countSample(sample, (text) => text.length / 2)).toBe(50_000);
  });

  it('goes by the length where there is no tokenizer or no text', () => {
    expect(countSample({ chars: 10, text: 'x'.repeat(10) }, undefined)).toBe(2.5);
    expect(countSample({ chars: 10, text: '' }, countLetters)).toBe(2.5);
  });

  it('gives the tokenizer every character once, in short pieces that begin with white space where they can', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '漢'), maxLength: MOST }), (text) => {
        const pieces: string[] = [];
        countSample({ chars: text.length, text }, (piece) => pieces.push(piece));
        expect(pieces.join('')).toBe(text);
        for (const [index, piece] of pieces.entries()) {
          expect(piece.length).toBeLessThanOrEqual(128);
          const before = pieces[index - 1];
          if (before && /\s/.test(before.slice(1))) expect(piece).toMatch(/^\s/);
        }
      }),
    );
  });
});
