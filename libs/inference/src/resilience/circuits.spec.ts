import { describe, expect, it } from '@jest/globals';
import { GatewayError, type ErrorCode } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import type { Answer } from '@parley/providers';
import { makeCall, modelAt } from '../engine/call.testing.ts';
import { CIRCUIT_LIMITS } from './circuit.ts';
import { Circuits, withCircuit } from './circuits.ts';

const failure = (code: ErrorCode): UpstreamFailureError =>
  new UpstreamFailureError({ code, retryable: true, upstream: { status: null, code: null, message: null } });
const WHOLE = { kind: 'whole' } as Answer;

function open() {
  const clock = { nowMs: 0 };
  const transitions: string[] = [];
  const circuits = new Circuits(
    () => clock.nowMs,
    ({ connection, to }) => void transitions.push(`${connection} ${to}`),
  );
  /** Asks the model so that it ends this way. */
  const ask = (id: string, ending: Error | Answer = WHOLE): Promise<unknown> =>
    withCircuit(() => (ending instanceof Error ? Promise.reject(ending) : Promise.resolve(ending)), circuits)(
      makeCall(id),
      modelAt(id),
    ).catch((error: unknown) => error);
  const failOften = async (id: string, error: Error = failure('provider_unavailable')): Promise<void> => {
    for (let i = 0; i < CIRCUIT_LIMITS.minSamples; i++) await ask(id, error);
  };
  return { clock, circuits, transitions, ask, failOften };
}

describe('calls under circuits', () => {
  it('are kept from a deployment that keeps failing, with the time to wait, and from no other', async () => {
    const { ask, failOften, transitions } = open();
    await failOften('a/x');
    expect(await ask('a/x')).toMatchObject({
      code: 'provider_unavailable',
      details: { provider: 'a', retryAfterMs: 5000 },
    });
    expect([await ask('a/y'), await ask('b/x')]).toEqual([WHOLE, WHOLE]);
    expect(transitions).toEqual(['a open']);
  });

  it('close the circuit again by a good probe, one at a time', async () => {
    const { clock, ask, failOften, transitions } = open();
    await failOften('a/x');
    clock.nowMs = CIRCUIT_LIMITS.openMs;
    expect(await ask('a/x')).toBe(WHOLE);
    expect(transitions).toEqual(['a open', 'a closed']);
  });

  it.each<ErrorCode>([
    'provider_unreachable',
    'provider_timeout',
    'provider_stalled',
    'provider_bad_answer',
    'upstream_incomplete',
  ])('%s speaks against a deployment', async (code) => {
    const { ask, failOften } = open();
    await failOften('a/x', failure(code));
    expect(await ask('a/x')).toBeInstanceOf(GatewayError);
  });

  it.each<ErrorCode>([
    'provider_rate_limited',
    'provider_refused_request',
    'context_length_exceeded',
    'provider_auth_failed',
    'client_closed_request',
  ])('%s does not', async (code) => {
    const { ask, failOften } = open();
    await failOften('a/x', failure(code));
    expect(await ask('a/x')).toBe(WHOLE);
  });

  it.each<[name: string, ending: Error, isClosed: boolean]>([
    ['a refusal by the provider, which is an answer', failure('provider_refused_request'), true],
    ['a rate limit, which leaves it open', failure('provider_rate_limited'), false],
    ['a caller that left', new GatewayError('client_closed_request'), false],
    ['a refusal of our own, for which nobody was asked', new GatewayError('unsupported_parameter'), false],
  ])('as a probe: %s', async (_name, ending, isClosed) => {
    const { clock, ask, circuits, failOften } = open();
    await failOften('a/x');
    clock.nowMs = CIRCUIT_LIMITS.openMs;
    await ask('a/x', ending);
    expect(circuits.worst(() => true)).toBe(isClosed ? 'closed' : 'half-open');
    expect(await ask('a/x')).toBe(WHOLE);
  });

  it('do not count a stream that has only begun: its end is recorded by itself', async () => {
    const { ask, circuits } = open();
    const stream = { kind: 'stream' } as Answer;
    for (let i = 0; i < CIRCUIT_LIMITS.minSamples; i++) {
      await ask('a/x', stream);
      circuits.record(modelAt('a/x').deployment, false);
    }
    expect(await ask('a/x')).toBeInstanceOf(GatewayError);
  });
});

describe('circuits', () => {
  it('are closed by hand for a whole connection', async () => {
    const { ask, circuits, failOften, transitions } = open();
    await failOften('a/x');
    await failOften('b/x');
    circuits.reset('a');
    expect(await ask('a/x')).toBe(WHOLE);
    expect(await ask('b/x')).toBeInstanceOf(GatewayError);
    expect(transitions).toEqual(['a open', 'b open', 'a closed']);
  });

  it('tell the worst state of those that belong', async () => {
    const { clock, circuits, ask, failOften } = open();
    await failOften('a/x');
    await ask('a/y');
    const of = (connection: string) => circuits.worst((entry) => entry.connection === connection);
    expect([of('a'), of('b')]).toEqual(['open', 'closed']);
    clock.nowMs = CIRCUIT_LIMITS.openMs;
    expect(of('a')).toBe('half-open');
  });
});
