import { describe, expect, it } from '@jest/globals';
import type { StoredKey } from '@parley/persistence';
import fc from 'fast-check';
import { KEY } from '../engine/call.testing.ts';
import { KeyLimits } from './key-limits.ts';

function open(fields: Partial<StoredKey>) {
  const clock = { nowMs: 1000 };
  const rejections: string[] = [];
  const limits = new KeyLimits(
    () => clock.nowMs,
    (kind) => void rejections.push(kind),
  );
  const key = { ...KEY, ...fields };
  const enter = () => {
    const call: { key: StoredKey; admitted?: boolean } = { key };
    limits.enter(call);
    return call;
  };
  return { clock, rejections, limits, key, enter };
}
const refusal = (retryAfterMs: number, limit: string): unknown =>
  expect.objectContaining({ code: 'rate_limit_exceeded', details: { values: { limit }, retryAfterMs } });

describe('the limits of a key', () => {
  it('let in as many requests a minute as they say, and name the wait for the next', () => {
    const { clock, rejections, enter } = open({ rpm: 2 });
    enter();
    clock.nowMs += 20_000;
    enter();
    expect(enter).toThrow(refusal(40_000, '2 requests per minute'));
    clock.nowMs += 39_999;
    expect(enter).toThrow(refusal(1000, '2 requests per minute'));
    clock.nowMs += 1;
    expect(enter).not.toThrow();
    expect(rejections).toEqual(['rpm', 'rpm']);
  });

  it('count tokens when a call leaves', () => {
    const { clock, rejections, limits, enter } = open({ tpm: 100 });
    const [first, second] = [enter(), enter()];
    limits.leave(first, 60);
    expect(enter).not.toThrow();
    limits.leave(second, 40);
    expect(enter).toThrow(refusal(60_000, '100 tokens per minute'));
    clock.nowMs += 60_000;
    expect(enter).not.toThrow();
    expect(rejections).toEqual(['tpm']);
  });

  it('hold calls at the same time, across the minute too', () => {
    const { clock, rejections, limits, enter } = open({ maxParallel: 1 });
    const running = enter();
    clock.nowMs += 120_000;
    expect(enter).toThrow(refusal(1000, '1 requests at the same time'));
    limits.leave(running, 0);
    limits.leave(running, 0);
    enter();
    expect(enter).toThrow();
    expect(rejections).toEqual(['concurrency', 'concurrency']);
  });

  it('do not count a call that was refused', () => {
    const { limits, key, enter } = open({ rpm: 5, maxParallel: 1 });
    const running = enter();
    for (let i = 0; i < 10; i++) expect(enter).toThrow(refusal(1000, '1 requests at the same time'));
    limits.leave(running, 0);
    expect(limits.statusOf(key).requests).toEqual({ limit: 5, remaining: 4, resetMs: 60_000 });
  });

  it('are kept apart for each key, and absent where there are none', () => {
    const { limits, enter } = open({ rpm: 1 });
    enter();
    const unlimited: { key: StoredKey; admitted?: boolean } = { key: { ...KEY, id: 'key-2' } };
    for (let i = 0; i < 100; i++) limits.enter(unlimited);
    expect(unlimited.admitted).toBeUndefined();
    expect(limits.statusOf(unlimited.key)).toEqual({});
    expect(() => limits.enter({ key: { ...KEY, id: 'key-3', rpm: 1 } })).not.toThrow();
  });

  it('show what is left of them', () => {
    const { clock, limits, key, enter } = open({ rpm: 3, tpm: 100 });
    limits.leave(enter(), 130);
    clock.nowMs += 10_000;
    expect(limits.statusOf(key)).toEqual({
      requests: { limit: 3, remaining: 2, resetMs: 50_000 },
      tokens: { limit: 100, remaining: 0, resetMs: 50_000 },
    });
  });

  it('never let in more than they say, however calls come and go', () => {
    const step = fc.oneof(fc.constant('enter' as const), fc.constant('leave' as const), fc.nat(30_000));
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (steps, rpm, maxParallel) => {
          const { clock, limits, enter } = open({ rpm, maxParallel });
          const running: ReturnType<typeof enter>[] = [];
          let windowStartMs: number | undefined;
          let taken = 0;
          for (const each of steps) {
            if (typeof each === 'number') clock.nowMs += each;
            else if (each === 'leave') running.splice(0, 1).forEach((call) => limits.leave(call, 1));
            else {
              if (windowStartMs === undefined || clock.nowMs - windowStartMs >= 60_000)
                [windowStartMs, taken] = [clock.nowMs, 0];
              const isFree = taken < rpm && running.length < maxParallel;
              if (!isFree) expect(enter).toThrow();
              else {
                running.push(enter());
                taken += 1;
              }
            }
          }
        },
      ),
    );
  });
});
