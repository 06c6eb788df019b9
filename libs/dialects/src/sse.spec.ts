import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readBlock, SseError, SseReader, type SseEvent } from './sse.ts';

/** Reads a stream that arrives in the pieces between the cuts. */
function read(bytes: Buffer, cuts: readonly number[] = [], maxEventChars?: number): SseEvent[] {
  const reader = new SseReader(maxEventChars);
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  const events = edges.slice(1).flatMap((edge, i) => reader.push(bytes.subarray(edges[i], edge)));
  return [...events, ...reader.end()];
}

const readText = (text: string): SseEvent[] => read(Buffer.from(text));
const everyCut = (bytes: Buffer): number[] => [...bytes.keys()];

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
/** Characters of one to four bytes, and those that mean something to the format. */
const value = fc.string({ unit: fc.constantFrom('a', ' ', ':', 'ж', '€', '👋', '{"', '\\n', '\u2028'), maxLength: 8 });
const line = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom('data: ', 'data:', 'data:  '), value).map((parts) => parts.join('')),
  },
  fc.constantFrom('data', 'event: ping', 'event', ': comment', ':', 'id: 7', 'retry: 10', 'unknown: field', ''),
);
const stream = fc
  .array(fc.tuple(line, lineEnd), { maxLength: 20 })
  .map((lines) => Buffer.from(lines.map((parts) => parts.join('')).join('')));

/** The rules of the HTML standard in the plainest form, for whole texts. */
function readPlainly(text: string): SseEvent[] {
  const events: SseEvent[] = [];
  let data: string[] = [];
  let event: string | undefined;
  const dispatch = (): void => {
    if (data.length > 0) events.push({ ...(event !== undefined && { event }), data: data.join('\n') });
    data = [];
    event = undefined;
  };
  for (const each of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    const [, field, rest = ''] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(each)!;
    if (each === '') dispatch();
    else if (field === 'data') data.push(rest);
    else if (field === 'event') event = rest;
  }
  dispatch();
  return events;
}

describe('reading server-sent events', () => {
  it('gives the same events for every split of the bytes, inside characters and CRLF pairs too', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(400), { maxLength: 8 }), fc.boolean(), (body, cuts, withBom) => {
        const bytes = withBom ? Buffer.concat([Buffer.from('\ufeff'), body]) : body;
        const expected = readPlainly(bytes.toString());
        expect(read(bytes)).toEqual(expected);
        expect(
          read(
            bytes,
            cuts.map((cut) => Math.min(cut, bytes.length)),
          ),
        ).toEqual(expected);
        expect(read(bytes, everyCut(bytes))).toEqual(expected);
      }),
    );
  });

  it.each([
    ['LF', 'data: a\n\ndata: b\n\n'],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n'],
    ['CR', 'data: a\r\rdata: b\r\r'],
    ['a mixture', 'data: a\r\n\ndata: b\n\r'],
    ['no space after the colon', 'data:a\n\ndata:b\n\n'],
    ['a byte order mark', '\ufeffdata: a\n\ndata: b\n\n'],
    ['comments between and within events', ': hi\n\ndata: a\n: OPENROUTER PROCESSING\n\n:\n\ndata: b\n\n'],
    ['fields of no interest', 'id: 1\nretry: 3\ndata: a\nfoo\n\ndata: b\n\n'],
    ['an event without its closing blank line', 'data: a\n\ndata: b\n'],
    ['a last line without its end', 'data: a\n\ndata: b'],
  ])('reads %s', (_form, text) => {
    expect(readText(text)).toEqual([{ data: 'a' }, { data: 'b' }]);
    expect(read(Buffer.from(text), everyCut(Buffer.from(text)))).toEqual([{ data: 'a' }, { data: 'b' }]);
  });

  it('joins the data lines of one event by newlines, empty ones too', () => {
    expect(readText('data: a\ndata\ndata:\ndata:  b\n\n')).toEqual([{ data: 'a\n\n\n b' }]);
  });

  it('keeps the name of an event to that event', () => {
    expect(readText('event: error\ndata: a\n\ndata: b\n\nevent: nothing\n\ndata: c\n\n')).toEqual([
      { event: 'error', data: 'a' },
      { data: 'b' },
      { data: 'c' },
    ]);
  });

  it('takes a byte order mark away only at the beginning', () => {
    expect(readText('data: \ufeffa\n\n')).toEqual([{ data: '\ufeffa' }]);
  });

  it.each([
    ['a byte that never occurs', [0xff]],
    ['a lonely continuation', [0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a character that breaks off', [0xc3, 0x28]],
  ])('refuses %s as no UTF-8, wherever the bytes are cut', (_name, bad) => {
    const bytes = Buffer.concat([Buffer.from('data: '), Buffer.from(bad), Buffer.from('\n\n')]);
    expect(() => read(bytes)).toThrow(SseError);
    expect(() => read(bytes, everyCut(bytes))).toThrow(SseError);
  });

  it('refuses a stream that ends inside a character', () => {
    const reader = new SseReader();
    reader.push(Buffer.from('data: €\n\n').subarray(0, 7));
    expect(() => reader.end()).toThrow(SseError);
  });

  it.each([
    ['on one line', `data: ${'x'.repeat(101)}`],
    ['over many lines', 'data: 0123456789\n'.repeat(11)],
    ['in a comment without end', `:${'x'.repeat(101)}`],
  ])('refuses an event that is larger than any honest one: %s', (_name, text) => {
    expect(() => read(Buffer.from(text), [], 100)).toThrow(SseError);
    expect(() => read(Buffer.from(text), everyCut(Buffer.from(text)), 100)).toThrow(SseError);
  });

  it('does not count events that are over towards the size of the next', () => {
    const text = `data: ${'x'.repeat(60)}\n\n`.repeat(50);
    expect(read(Buffer.from(text), everyCut(Buffer.from(text)), 100)).toHaveLength(50);
  });
});

describe('reading one whole block', () => {
  it('gives what the reader of streams gives', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'data: 1',
        'data:1',
        'data:  1',
        'data',
        'data:',
        'event: a',
        'event',
        ': comment',
        'id: 7',
        'x',
        'dataa: 1',
      ),
      fc.string({ unit: 'grapheme' }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.constantFrom('\n', '\r\n', '\r'), (lines, lineEnd) => {
        const block = [...lines, '', ''].join(lineEnd);
        const [event, ...others] = new SseReader().push(Buffer.from(block));
        expect(others).toEqual([]);
        expect(readBlock(block)).toEqual(event);
      }),
    );
  });
});
