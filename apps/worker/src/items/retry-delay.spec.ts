import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { retryDelayMs } from './retry-delay.ts';

const random = fc.double({ min: 0, max: 1, noNaN: true });

describe('the delay before an item is tried again', () => {
  it('grows from try to try and spreads what failed together', () => {
    expect([1, 2].map((attempts) => retryDelayMs(attempts, undefined, () => 1))).toEqual([2_000, 8_000]);
    expect([1, 2].map((attempts) => retryDelayMs(attempts, undefined, () => 0))).toEqual([1_000, 4_000]);
  });

  it('is never shorter than Retry-After asks, up to ten minutes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.nat(600_000), random, (attempts, retryAfterMs, value) => {
        expect(retryDelayMs(attempts, retryAfterMs, () => value)).toBeGreaterThanOrEqual(retryAfterMs);
      }),
    );
    expect(retryDelayMs(1, 86_400_000, () => 1)).toBe(600_000);
  });
});
