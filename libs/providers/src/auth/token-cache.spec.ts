import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TokenCache, type FetchToken, type Token } from './token-cache.ts';

const NEVER = new AbortController().signal;
const HOUR_MS = 3_600_000;

/** An issuer whose answers a test gives one by one. */
function openIssuer() {
  const asked: { give(token: Token): void; refuse(error: Error): void; signal: AbortSignal }[] = [];
  const fetchToken: FetchToken = (signal) =>
    new Promise((give, refuse) => {
      asked.push({ give, refuse, signal });
    });
  return { asked, fetchToken };
}

/** Lets what was settled reach those who wait. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('remembered tokens', () => {
  it('are fetched exactly when none is known that is worth using, whatever the time and the order', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      passedMs: fc.constantFrom(0, 1, 1000, 60_000, 120_000, 600_000, HOUR_MS),
      lifeMs: fc.constantFrom(1, 1000, 60_000, 480_000, HOUR_MS),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const cache = new TokenCache(2);
        const model = new Map<string, { text: string; renewAtMs: number }>();
        let nowMs = 0;
        for (const [index, { key, passedMs, lifeMs }] of steps.entries()) {
          nowMs += passedMs;
          const known = model.get(key);
          const mustFetch = known === undefined || nowMs >= known.renewAtMs;
          let fetched = false;
          const fetchToken = (): Promise<Token> => {
            fetched = true;
            return Promise.resolve({ text: `${key}${index}`, expiresAtMs: nowMs + lifeMs });
          };
          const text = await cache.get(key, nowMs, fetchToken, NEVER);
          expect([fetched, text]).toEqual([mustFetch, mustFetch ? `${key}${index}` : known.text]);
          if (!mustFetch) continue;
          model.delete(key);
          // Two minutes before the end, or after three quarters of a short life.
          model.set(key, { text, renewAtMs: nowMs + Math.max(lifeMs - 120_000, lifeMs * 0.75) });
          if (model.size > 2) model.delete([...model.keys()][0]!);
        }
      }),
    );
  });

  it('are fetched once for all who wait, and by the next ones not at all', async () => {
    const cache = new TokenCache();
    const { asked, fetchToken } = openIssuer();
    const waiting = Array.from({ length: 20 }, () => cache.get('a', 0, fetchToken, NEVER));
    await settled();
    expect(asked).toHaveLength(1);
    asked[0]!.give({ text: 'token', expiresAtMs: HOUR_MS });
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['token']));
    expect(await cache.get('a', 1, fetchToken, NEVER)).toBe('token');
    expect(asked).toHaveLength(1);
  });

  it('are fetched for each credential by itself', async () => {
    const cache = new TokenCache();
    const { asked, fetchToken } = openIssuer();
    const waiting = ['a', 'b'].map((key) => cache.get(key, 0, fetchToken, NEVER));
    for (const [index, one] of asked.entries()) one.give({ text: `token ${index}`, expiresAtMs: HOUR_MS });
    expect(await Promise.all(waiting)).toEqual(['token 0', 'token 1']);
  });

  it('tell a failure to all who wait, and are asked for again afterwards', async () => {
    const cache = new TokenCache();
    const { asked, fetchToken } = openIssuer();
    const waiting = Promise.allSettled([1, 2].map(() => cache.get('a', 0, fetchToken, NEVER)));
    asked[0]!.refuse(new Error('no'));
    expect(await waiting).toMatchObject([{ reason: { message: 'no' } }, { reason: { message: 'no' } }]);
    const again = cache.get('a', 0, fetchToken, NEVER);
    asked[1]!.give({ text: 'token', expiresAtMs: HOUR_MS });
    expect(await again).toBe('token');
  });

  it('are asked for again also where asking failed at once', async () => {
    const cache = new TokenCache();
    const fail = () => {
      throw new Error('at once');
    };
    await expect(cache.get('a', 0, fail, NEVER)).rejects.toThrow('at once');
    const good = () => Promise.resolve({ text: 'token', expiresAtMs: HOUR_MS });
    expect(await cache.get('a', 0, good, NEVER)).toBe('token');
  });

  it('are used to their end where a new one cannot be had, and not beyond it', async () => {
    const cache = new TokenCache();
    const refuse = () => Promise.reject(new Error('away'));
    await cache.get('a', 0, () => Promise.resolve({ text: 'old', expiresAtMs: HOUR_MS }), NEVER);
    expect(await cache.get('a', HOUR_MS - 1, refuse, NEVER)).toBe('old');
    await expect(cache.get('a', HOUR_MS, refuse, NEVER)).rejects.toThrow('away');
  });

  it('let one who leaves go at once, and the others have theirs', async () => {
    const cache = new TokenCache();
    const { asked, fetchToken } = openIssuer();
    const leaver = new AbortController();
    const left = cache.get('a', 0, fetchToken, leaver.signal);
    const stays = cache.get('a', 0, fetchToken, NEVER);
    leaver.abort(new Error('I leave'));
    await expect(left).rejects.toThrow('I leave');
    expect(asked[0]!.signal.aborted).toBe(false);
    asked[0]!.give({ text: 'token', expiresAtMs: HOUR_MS });
    expect(await stays).toBe('token');
  });

  it('are no longer fetched when all have left, and anew for who comes then', async () => {
    const cache = new TokenCache();
    const { asked, fetchToken } = openIssuer();
    const leaver = new AbortController();
    const left = cache.get('a', 0, fetchToken, leaver.signal);
    leaver.abort(new Error('I leave'));
    await expect(left).rejects.toThrow('I leave');
    expect(asked[0]!.signal.aborted).toBe(true);
    const comes = cache.get('a', 0, fetchToken, NEVER);
    // The issuer did not hear: what it says to nobody is not remembered.
    asked[0]!.give({ text: 'late', expiresAtMs: HOUR_MS });
    await settled();
    asked[1]!.give({ text: 'token', expiresAtMs: HOUR_MS });
    expect(await comes).toBe('token');
    expect(await cache.get('a', 1, fetchToken, NEVER)).toBe('token');
  });

  it('are not asked for by one who left before', async () => {
    const { asked, fetchToken } = openIssuer();
    const signal = AbortSignal.abort(new Error('I left'));
    await expect(new TokenCache().get('a', 0, fetchToken, signal)).rejects.toThrow('I left');
    expect(asked).toHaveLength(0);
  });
});
