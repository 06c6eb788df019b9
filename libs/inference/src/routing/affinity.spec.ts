import { describe, expect, it } from '@jest/globals';
import { Affinity } from './affinity.ts';

const HOUR_MS = 3_600_000;

function open(capacity?: number): { affinity: Affinity; clock: { nowMs: number } } {
  const clock = { nowMs: 0 };
  return { affinity: new Affinity(() => clock.nowMs, capacity), clock };
}

describe('Affinity', () => {
  it('remembers the last deployment of a mark', () => {
    const { affinity } = open();
    affinity.note('mark', 'a/m', HOUR_MS);
    affinity.note('mark', 'b/m', HOUR_MS);
    expect([affinity.find('mark'), affinity.find('other')]).toEqual(['b/m', undefined]);
  });

  it('forgets what was not used for its lifetime, and counts being asked for as use', () => {
    const { affinity, clock } = open();
    affinity.note('mark', 'a/m', HOUR_MS);
    for (const _ of [1, 2, 3]) {
      clock.nowMs += HOUR_MS - 1;
      expect(affinity.find('mark')).toBe('a/m');
    }
    clock.nowMs += HOUR_MS;
    expect(affinity.find('mark')).toBeUndefined();
  });

  it('holds no more than it may, and forgets first what was used least recently', () => {
    const { affinity } = open(2);
    affinity.note('one', 'a/m', HOUR_MS);
    affinity.note('two', 'a/m', HOUR_MS);
    affinity.find('one');
    affinity.note('three', 'a/m', HOUR_MS);
    expect(['one', 'two', 'three'].map((mark) => affinity.find(mark))).toEqual(['a/m', undefined, 'a/m']);
  });
});
