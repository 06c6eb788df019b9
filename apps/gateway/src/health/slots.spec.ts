import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Slots } from './slots.ts';

describe('Slots', () => {
  it('holds what was added and not taken out, like a set', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('add' as const), fc.nat(20))), (steps) => {
        const slots = new Slots<number>();
        const expected = new Map<number, () => void>();
        for (const [number, step] of steps.entries()) {
          if (step === 'add') {
            expected.set(number, slots.add(number));
            continue;
          }
          const chosen = [...expected.keys()][step];
          if (chosen === undefined) continue;
          expected.get(chosen)!();
          expected.delete(chosen);
        }
        expect(slots.values().toSorted((a, b) => a - b)).toEqual([...expected.keys()]);
      }),
    );
  });
});
