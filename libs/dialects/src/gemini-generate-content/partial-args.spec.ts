import { describe, expect, it } from '@jest/globals';
import { applyPartialArgs, emptyArgs } from './partial-args.ts';
import type { JsonObject } from '../json-values.ts';

function assemble(...pieces: JsonObject[]): unknown {
  const args = emptyArgs();
  for (const piece of pieces) applyPartialArgs(args, [piece]);
  return JSON.parse(JSON.stringify(args));
}

describe('applyPartialArgs', () => {
  it('joins a text that comes in pieces', () => {
    const pieces = ['Pa', 'ris', ''].map((stringValue) => ({ jsonPath: '$.city', stringValue }));
    expect(assemble(...pieces)).toEqual({ city: 'Paris' });
  });

  it('builds objects and lists on the way, and reads every kind of value', () => {
    const args = assemble(
      { jsonPath: '$.a.b[0].c', numberValue: 1 },
      { jsonPath: '$.a.b[1]', boolValue: false },
      { jsonPath: "$['odd key']", nullValue: 'NULL_VALUE' },
      { jsonPath: '$["other.key"]', stringValue: 'x' },
    );
    expect(args).toEqual({ a: { b: [{ c: 1 }, false] }, 'odd key': null, 'other.key': 'x' });
  });

  it('reaches no prototype', () => {
    assemble({ jsonPath: '$.__proto__.polluted', stringValue: 'yes' });
    expect(({} as JsonObject)['polluted']).toBeUndefined();
  });

  it('makes no list with holes', () => {
    expect(assemble({ jsonPath: '$.list[4000000000]', stringValue: 'x' })).toEqual({ list: [] });
  });

  it('passes over what it cannot read', () => {
    expect(assemble({}, { jsonPath: 7, stringValue: 'x' }, { jsonPath: '$.a' })).toEqual({});
    const args = emptyArgs();
    applyPartialArgs(args, 'text');
    expect(Object.keys(args)).toEqual([]);
  });
});
