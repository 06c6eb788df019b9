import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { editMembers, findMembers, MAX_JSON_DEPTH } from './json-members.ts';

const text = (json: string, edits: [string, string | undefined][]): string => {
  const bytes = Buffer.from(json);
  return editMembers(bytes, findMembers(bytes), new Map(edits)).toString();
};

describe('editing top-level members', () => {
  it('replaces one value and leaves every other byte alone', () => {
    expect(text('{ "model" : "a/b" ,\n "messages":[ {"model":"x"} ]}', [['model', '"b"']])).toBe(
      '{ "model" : "b" ,\n "messages":[ {"model":"x"} ]}',
    );
  });

  it('is not fooled by escaped quotes, braces in strings and escaped keys', () => {
    expect(text(String.raw`{"a":"}\"{\\","\u006dodel":1.5e3,"z":[{"q":"]"}]}`, [['model', '2']])).toBe(
      String.raw`{"a":"}\"{\\","\u006dodel":2,"z":[{"q":"]"}]}`,
    );
  });

  it('adds members to empty and full objects', () => {
    expect(text('{}', [['a', '1']])).toBe('{"a":1}');
    expect(text('{"b":2}', [['a', '1']])).toBe('{"a":1,"b":2}');
  });

  it('removes the first, the last, the only and neighbouring members', () => {
    const removals = (json: string, ...keys: string[]) =>
      JSON.parse(
        text(
          json,
          keys.map((key) => [key, undefined]),
        ),
      ) as unknown;
    expect(removals('{"a":1, "b":2}', 'a')).toEqual({ b: 2 });
    expect(removals('{"a":1, "b":2 }', 'b')).toEqual({ a: 1 });
    expect(removals('{"a":1}', 'a')).toEqual({});
    expect(removals('{"a":1,"b":2,"c":3}', 'a', 'b')).toEqual({ c: 3 });
    expect(removals('{"a":1,"b":2,"c":3}', 'b', 'c')).toEqual({ a: 1 });
    expect(removals('{"a":1,"b":2,"c":3}', 'a', 'b', 'c')).toEqual({});
  });

  it('refuses a key that is given twice, also when one of them is escaped', () => {
    expect(() => findMembers(Buffer.from(String.raw`{"model":"a","\u006dodel":"b"}`))).toThrow('invalid_request');
  });

  it('refuses documents nested deeper than the limit', () => {
    const deep = (levels: number) => Buffer.from(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`);
    expect(() => findMembers(deep(MAX_JSON_DEPTH))).toThrow('invalid_request');
    expect(findMembers(deep(MAX_JSON_DEPTH - 1)).size).toBe(1);
  });

  it('gives what parsing, editing and printing would give, for any object', () => {
    const keys = fc.constantFrom('model', 'messages', 'stream', 'a', 'ключ', 'q"uote');
    fc.assert(
      fc.property(
        fc.dictionary(keys, fc.jsonValue(), { noNullPrototype: true }),
        fc.dictionary(keys, fc.option(fc.jsonValue(), { nil: undefined }), { noNullPrototype: true }),
        fc.constantFrom(undefined, 1, '\t'),
        (object, changes, indent) => {
          const bytes = Buffer.from(JSON.stringify(object, null, indent));
          const edits = new Map(Object.entries(changes).map(([key, value]) => [key, JSON.stringify(value)]));
          const edited = JSON.parse(editMembers(bytes, findMembers(bytes), edits).toString()) as unknown;
          expect(edited).toEqual(JSON.parse(JSON.stringify({ ...object, ...changes })));
        },
      ),
    );
  });
});
