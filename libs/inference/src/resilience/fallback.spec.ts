import { describe, expect, it } from '@jest/globals';
import { GatewayError, type ErrorCode } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import type { Answer } from '@parley/providers';
import { endAttempt, startAttempt } from '../engine/attempt.ts';
import { makeCall, modelAt } from '../engine/call.testing.ts';
import type { Plan } from '../routing/plan.ts';
import { withFallback, type FallbackNote } from './fallback.ts';

const upstream = { status: 503, code: 'x', message: 'sorry' };
const failure = (code: ErrorCode, fields: object = {}): UpstreamFailureError =>
  new UpstreamFailureError({ code, retryable: true, upstream, ...fields });
const WHOLE = { kind: 'whole' } as Answer;
const PLAN: Plan = [modelAt('a/x'), modelAt('b/x'), modelAt('c/x')];

async function ask(endings: Record<string, Error | Answer>, plan: Plan = PLAN) {
  const call = makeCall('alias');
  const notes: FallbackNote[] = [];
  const run = withFallback(
    (_call, entry) => {
      const ending = endings[entry.deployment.connection]!;
      const attempt = startAttempt(entry);
      call.attempts.push(attempt);
      endAttempt(attempt, ending instanceof Error ? ending : undefined);
      return ending instanceof Error ? Promise.reject(ending) : Promise.resolve(ending);
    },
    (note) => void notes.push(note),
  );
  const result: unknown = await run(call, plan).catch((error: unknown) => error);
  return { result, notes, asked: call.attempts.map(({ entry }) => entry.deployment.connection) };
}

describe('falling back', () => {
  it('asks the deployments in order until one answers, and tells which did', async () => {
    const { result, notes, asked } = await ask({
      a: failure('provider_unavailable'),
      b: failure('provider_rate_limited'),
      c: WHOLE,
    });
    expect(result).toEqual({ answer: WHOLE, entry: PLAN[2] });
    expect(asked).toEqual(['a', 'b', 'c']);
    expect(notes.map(({ reason, succeeded }) => [reason, succeeded])).toEqual([
      ['provider_unavailable', false],
      ['provider_rate_limited', true],
    ]);
  });

  it('asks nobody else when the first one answers', async () => {
    expect(await ask({ a: WHOLE })).toMatchObject({ asked: ['a'], notes: [] });
  });

  it.each<ErrorCode>([
    'invalid_request',
    'content_filtered',
    'client_closed_request',
    'deadline_exceeded',
    'server_shutting_down',
  ])('ends with %s: nobody else would say otherwise, or nobody waits', async (code) => {
    const { result, asked } = await ask({ a: new GatewayError(code), b: WHOLE });
    expect(asked).toEqual(['a']);
    expect(result).toMatchObject({ name: 'GatewayError', code });
  });

  it.each<ErrorCode>([
    'provider_auth_failed',
    'model_not_found',
    'context_length_exceeded',
    'provider_timeout',
    'provider_credits_exhausted',
  ])('goes on after %s', async (code) => {
    expect(await ask({ a: failure(code), b: WHOLE })).toMatchObject({ asked: ['a', 'b'], result: { answer: WHOLE } });
  });

  it('lists every attempt when none answers', async () => {
    const { result } = await ask({
      a: failure('provider_unavailable'),
      b: failure('provider_timeout'),
      c: failure('provider_rate_limited'),
    });
    expect(result).toMatchObject({
      code: 'all_providers_failed',
      details: {
        values: { count: 3 },
        attempts: [
          { provider: 'a', model: 'a/x', code: 'provider_unavailable' },
          { provider: 'b', model: 'b/x', code: 'provider_timeout' },
          { provider: 'c', model: 'c/x', code: 'provider_rate_limited' },
        ],
      },
    });
  });

  it('names the shortest wait when none answers', async () => {
    const { result } = await ask({
      a: failure('provider_rate_limited', { retryAfterMs: 9000 }),
      b: new GatewayError('provider_unavailable', { retryAfterMs: 4000 }),
      c: failure('provider_timeout'),
    });
    expect(result).toMatchObject({ code: 'all_providers_failed', details: { retryAfterMs: 4000 } });
  });

  it('shows the failure itself where there is one deployment: whose, what it said, how long to wait', async () => {
    const { result } = await ask({ a: failure('provider_rate_limited', { retryAfterMs: 3000, param: 'n' }) }, [
      PLAN[0],
    ]);
    expect(result).toMatchObject({
      name: 'GatewayError',
      code: 'provider_rate_limited',
      details: { provider: 'a', param: 'n', retryAfterMs: 3000, upstream, values: { provider: 'a', model: 'x' } },
    });
  });

  it("repeats the provider's words only where they help to mend the request", async () => {
    const said = async (code: ErrorCode): Promise<unknown> =>
      ((await ask({ a: failure(code) }, [PLAN[0]])).result as GatewayError).details.values;
    expect(await said('provider_refused_request')).toEqual({ provider: 'a', model: 'x', detail: 'sorry' });
    expect(await said('provider_auth_failed')).toEqual({ provider: 'a', model: 'x' });
  });

  it('passes what is no failure of a provider on as it is', async () => {
    const bug = new TypeError('bug');
    expect((await ask({ a: bug }, [PLAN[0]])).result).toBe(bug);
  });
});
