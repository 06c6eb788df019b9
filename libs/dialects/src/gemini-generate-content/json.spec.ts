import { describe, expect, it } from '@jest/globals';
import { isObject, objectsOf, textOf } from './json.ts';

describe('reading provider data', () => {
  it('takes only plain objects for objects', () => {
    expect([{}, [], null, undefined, 'x', 1].map(isObject)).toEqual([true, false, false, false, false, false]);
  });

  it('takes from a list its objects, and nothing from anything else', () => {
    expect(objectsOf([{ a: 1 }, null, 'x', [1]])).toEqual([{ a: 1 }]);
    expect(objectsOf({ 0: {} })).toEqual([]);
  });

  it('takes an empty text for none', () => {
    expect(['a', '', 1, null].map(textOf)).toEqual(['a', undefined, undefined, undefined]);
  });
});
