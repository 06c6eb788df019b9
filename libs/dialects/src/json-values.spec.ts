import { describe, expect, it } from '@jest/globals';
import { isObject, objectsIn, textOf } from './json-values.ts';

describe('reading provider data', () => {
  it('takes only plain objects for objects', () => {
    expect([{}, [], null, undefined, 'x', 1].map(isObject)).toEqual([true, false, false, false, false, false]);
  });

  it('takes from a list its objects, and nothing from anything else', () => {
    expect(objectsIn([{ a: 1 }, null, 'x', [1]])).toEqual([{ a: 1 }]);
    expect(objectsIn({ 0: {} })).toEqual([]);
  });

  it('takes an empty text for none', () => {
    expect(['a', '', 1, null].map(textOf)).toEqual(['a', undefined, undefined, undefined]);
  });
});
