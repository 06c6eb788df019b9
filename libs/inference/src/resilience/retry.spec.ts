import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import type { Answer } from '@parley/providers';
import fc from 'fast-check';
import { makeCall, modelAt } from '../engine/call.testing.ts';
import { RetryBudget } from './retry-budget.ts';
import { retryDelayMs, withRetry } from './retry.ts';

const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

describe('the time before the next attempt', () => {
  it('is never sooner than Retry-After, never past the deadline, and within the ceiling without a hint', () => {
    const retryAfter = fc.option(fc.nat(30_000), { nil: undefined });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        retryAfter,
        fc.integer({ min: -10, max: 60_000 }),
        random,
        (attempt, retryAfterMs, remainingMs, drawn) => {
          const delayMs = retryDelayMs(attempt, { retryAfterMs, remainingMs }, () => drawn);
          if (delayMs === undefined) {
            const ceilingMs = Math.max(250 * 2 ** (attempt - 1), retryAfterMs ?? 0);
            expect(attempt >= 3 || (retryAfterMs ?? 0) > 15_000 || remainingMs <= ceilingMs).toBe(true);
            return;
          }
          expect(delayMs).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
          expect(delayMs).toBeLessThan(remainingMs);
          if (retryAfterMs === undefined) expect(delayMs).toBeLessThanOrEqual(250 * 2 ** (attempt - 1));
        },
      ),
    );
  });

  it('is spread over the whole of the backoff', () => {
    const times = { retryAfterMs: undefined, remainingMs: 60_000 };
    expect([0, 0.5, 0.999].map((drawn) => retryDelayMs(2, times, () => drawn))).toEqual([0, 250, 499.5]);
  });

  it('does not exist after the third attempt', () => {
    expect(retryDelayMs(3, { retryAfterMs: undefined, remainingMs: 60_000 }, () => 0)).toBeUndefined();
  });
});

const failure = (fields: object = {}): UpstreamFailureError =>
  new UpstreamFailureError({
    code: 'provider_unavailable',
    retryable: true,
    upstream: { status: 503, code: null, message: null },
    ...fields,
  });
const WHOLE = { kind: 'whole' } as Answer;

/** Asks a deployment that ends its calls in the given ways; the last one for ever. */
function ask(
  endings: (Error | Answer)[],
  fields: Parameters<typeof makeCall>[1] = {},
  budget = new RetryBudget(() => 0),
) {
  const slept: number[] = [];
  const retried: string[] = [];
  let asked = 0;
  const invoke = withRetry(
    () => {
      const ending = endings[Math.min(asked++, endings.length - 1)]!;
      return ending instanceof Error ? Promise.reject(ending) : Promise.resolve(ending);
    },
    {
      budget,
      random: () => 0.5,
      now: () => 0,
      sleep: (delayMs) => Promise.resolve(void slept.push(delayMs)),
      onRetry: (provider, { failure: { code } }) => void retried.push(`${provider} ${code}`),
    },
  );
  const result = invoke(makeCall('a/x', { deadlineAtMs: 60_000, ...fields }), modelAt('a/x')).catch(
    (error: unknown) => error,
  );
  return result.then((ending) => ({ ending, asked, slept, retried }));
}

describe('asking again', () => {
  it('goes on until it succeeds, and says so', async () => {
    expect(await ask([failure(), failure(), WHOLE])).toEqual({
      ending: WHOLE,
      asked: 3,
      slept: [125, 250],
      retried: ['openai-compatible provider_unavailable', 'openai-compatible provider_unavailable'],
    });
  });

  it('stops after three attempts with the last failure', async () => {
    const last = failure();
    expect(await ask([failure(), failure(), last])).toMatchObject({ ending: last, asked: 3 });
  });

  it('waits as long as the provider asks, and not at all for one that asks too much', async () => {
    expect(await ask([failure({ retryAfterMs: 2000 }), WHOLE])).toMatchObject({ ending: WHOLE, slept: [2000] });
    expect(await ask([failure({ retryAfterMs: 15_001 }), WHOLE])).toMatchObject({ asked: 1, slept: [] });
  });

  it.each<[name: string, error: Error, fields: Parameters<typeof makeCall>[1]]>([
    ['what the provider would repeat', failure({ retryable: false }), {}],
    ['an error of our own', new GatewayError('provider_unavailable'), {}],
    ['a caller that left', failure(), { signal: AbortSignal.abort() }],
    ['a deadline that is too near', failure({ retryAfterMs: 500 }), { deadlineAtMs: 500 }],
  ])('does not happen for %s', async (_name, error, fields) => {
    expect(await ask([error, WHOLE], fields)).toMatchObject({ ending: error, asked: 1, retried: [] });
  });

  it('stops when the budget of the connection is used up', async () => {
    const budget = new RetryBudget(() => 0);
    while (budget.withdraw('a'));
    const error = failure();
    expect(await ask([error, WHOLE], {}, budget)).toMatchObject({ ending: error, asked: 1 });
  });
});

describe('the retry budget', () => {
  it('bounds what a storm multiplies to a fifth, beyond the reserve', async () => {
    const budget = new RetryBudget(() => 0);
    let asked = 0;
    for (let i = 0; i < 1000; i++) asked += (await ask([failure()], {}, budget)).asked;
    expect(asked).toBeGreaterThan(1000);
    expect(asked).toBeLessThanOrEqual(1000 * 1.2 + 20);
  });

  it('refills with time up to its capacity, and belongs to one connection', () => {
    const clock = { nowMs: 0 };
    const budget = new RetryBudget(() => clock.nowMs);
    const drain = (connection: string): number => {
      let taken = 0;
      while (budget.withdraw(connection)) taken += 1;
      return taken;
    };
    expect([drain('a'), drain('a'), drain('b')]).toEqual([20, 0, 20]);
    clock.nowMs += 3000;
    expect(drain('a')).toBe(3);
    clock.nowMs += 1_000_000;
    expect(drain('a')).toBe(20);
    for (let i = 0; i < 5; i++) budget.deposit('a');
    expect(drain('a')).toBe(1);
    budget.reset('a');
    expect(drain('a')).toBe(20);
  });
});
