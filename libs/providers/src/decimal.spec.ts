import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { perMillion, toDecimal } from './decimal.ts';

describe('prices as decimals', () => {
  it.each([
    ['0.00000015', '0.15'],
    [1.5e-7, '0.15'],
    [6e-7, '0.6'],
    ['0.00003', '30'],
    ['0.000000000125', '0.000125'],
    [0, '0'],
    ['0', '0'],
  ])('%p dollars per token are %s per million', (perToken, told) => {
    expect(perMillion(perToken)).toBe(told);
  });

  it.each([['-1'], [-1], [''], [' '], ['free'], [null], [undefined], [{}], [Infinity], ['1e9']])(
    '%p is no price',
    (perToken) => {
      expect(perMillion(perToken)).toBeUndefined();
    },
  );

  it('are the number that they were written from, without an exponent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 15 }), (nano) => {
        const text = toDecimal(nano / 1e9);
        expect(text).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
        expect(Math.round(Number(text) * 1e9)).toBe(nano);
      }),
    );
  });
});
