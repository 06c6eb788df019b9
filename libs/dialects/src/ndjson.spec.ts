import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NdjsonReader } from './ndjson.ts';
import { SseError, type SseEvent } from './sse.ts';

function readAll(pieces: readonly Buffer[], reader = new NdjsonReader()): SseEvent[] {
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
}

const linesOf = (text: string): string[] => readAll([Buffer.from(text)]).map(({ data }) => data);

describe('reading newline-delimited JSON', () => {
  it('gives each line at once when its end has come', () => {
    const reader = new NdjsonReader();
    expect(reader.push(Buffer.from('{"a":1}\n{"b"'))).toEqual([{ data: '{"a":1}' }]);
    expect(reader.push(Buffer.from(':2}\n'))).toEqual([{ data: '{"b":2}' }]);
    expect(reader.end()).toEqual([]);
  });

  it.each([
    ['CRLF', '1\r\n2\r\n', ['1', '2']],
    ['a BOM', '\uFEFF1\n', ['1']],
    ['blank lines', '\n1\n\n  \r\n2\n\n', ['1', '2']],
    ['a last line without its end', '1\n2', ['1', '2']],
    ['nothing', '', []],
  ])('takes %s', (_what, text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });

  it('gives the same lines however the bytes are cut, inside characters too', () => {
    const documents = fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        documents,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        (items, cuts, end) => {
          const lines = items.map((item) => JSON.stringify(item));
          const bytes = Buffer.from(lines.map((line) => line + end).join(''));
          const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
          const pieces = borders.slice(1).map((border, position) => bytes.subarray(borders[position], border));
          expect(readAll(pieces).map(({ data }) => data)).toEqual(lines);
        },
      ),
    );
  });

  it('refuses bytes that are no UTF-8, also where they end in the middle of a character', () => {
    expect(() => readAll([Buffer.from([0x22, 0xff, 0x22, 0x0a])])).toThrow(SseError);
    expect(() => readAll([Buffer.from('"é').subarray(0, 2)])).toThrow(SseError);
  });

  it('refuses a line that is longer than any honest one, however small its pieces are', () => {
    const reader = new NdjsonReader(10);
    for (let count = 0; count < 10; count += 1) reader.push(Buffer.from('x'));
    expect(() => reader.push(Buffer.from('x'))).toThrow(SseError);
    expect(readAll([Buffer.from('1234567890\n1234567890\n')], new NdjsonReader(10))).toHaveLength(2);
  });
});
