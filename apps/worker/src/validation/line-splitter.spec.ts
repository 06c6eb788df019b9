import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter, type Line } from './line-splitter.ts';

const split = (chunks: Buffer[], maxBytes = 1_000): Line[] => {
  const splitter = new LineSplitter(maxBytes);
  return [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
};
const textsOf = (lines: Line[]) => lines.map(({ bytes }) => bytes?.toString() ?? null);

describe('cutting bytes into lines', () => {
  it('gives the same lines however the bytes are cut', () => {
    const text = fc.array(fc.constantFrom('a', 'ж', '\n', '\r\n', '\r', '{}'), { maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(80)), (parts, cuts) => {
        const whole = Buffer.from(parts.join(''));
        const edges = [
          0,
          ...cuts.filter((cut) => cut < whole.length).toSorted((one, other) => one - other),
          whole.length,
        ];
        const chunks = edges.slice(1).map((edge, index) => whole.subarray(edges[index], edge));
        expect(split(chunks)).toEqual(split([whole]));
      }),
    );
  });

  it('takes \\n and \\r\\n, and a last line without either', () => {
    expect(textsOf(split([Buffer.from('a\nb\r\n\nc')]))).toEqual(['a', 'b', '', 'c']);
    expect(textsOf(split([Buffer.from('a\n')]))).toEqual(['a']);
    expect(split([])).toEqual([]);
  });

  it('lets a line of the limit pass, reports a longer one, and goes on after it', () => {
    const lines = split([Buffer.from(`${'x'.repeat(10)}\r\n${'y'.repeat(6)}`), Buffer.from(`${'y'.repeat(5)}\nz`)], 10);
    expect(textsOf(lines)).toEqual(['x'.repeat(10), null, 'z']);
    expect(lines.map(({ number }) => number)).toEqual([1, 2, 3]);
  });
});
