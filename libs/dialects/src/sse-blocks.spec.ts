import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SseBlocks } from './sse-blocks.ts';

function cut(bytes: Buffer, cuts: number[] = []): { blocks: string[]; rest: string } {
  const splitter = new SseBlocks(1024);
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  const blocks = edges.slice(1).flatMap((end, index) => splitter.push(bytes.subarray(edges[index], end)));
  return { blocks: blocks.map(String), rest: splitter.end().toString() };
}

describe('SseBlocks', () => {
  it.each([
    ['LF', 'data: 1\n\ndata: 2\n\n', ['data: 1\n\n', 'data: 2\n\n'], ''],
    ['CR LF', 'data: 1\r\n\r\ndata: 2\r\n\r\n', ['data: 1\r\n\r\n', 'data: 2\r\n\r\n'], ''],
    ['CR', 'data: 1\r\rdata: 2\r\r', ['data: 1\r\r', 'data: 2\r\r'], ''],
    ['several lines', 'event: a\ndata: 1\ndata: 2\n\n', ['event: a\ndata: 1\ndata: 2\n\n'], ''],
    ['no blank line at the end', 'data: 1\n\ndata: 2\n', ['data: 1\n\n'], 'data: 2\n'],
    ['nothing', '', [], ''],
  ])('cuts a stream with %s', (_name, text, blocks, rest) => {
    expect(cut(Buffer.from(text))).toEqual({ blocks, rest });
  });

  it('cuts at the same places wherever the bytes were split, and loses none', () => {
    const stream = fc
      .array(fc.constantFrom('data: ä👋', '\n', '\r\n', ': c', '\n\n', '\r\n\r\n', 'x'))
      .map((p) => p.join(''));
    fc.assert(
      fc.property(stream, fc.array(fc.nat(200)), (text, cuts) => {
        const bytes = Buffer.from(text);
        const whole = cut(bytes);
        expect(whole.blocks.join('') + whole.rest).toBe(text);
        const places = cuts.map((at) => Math.min(at, bytes.length));
        expect(cut(bytes, places)).toEqual(whole);
      }),
    );
  });

  it('refuses a block that never ends', () => {
    const splitter = new SseBlocks(10);
    splitter.push(Buffer.from('data: 1'));
    expect(() => splitter.push(Buffer.from('2345'))).toThrow('event too large');
  });
});
