import { describe, expect, it } from '@jest/globals';
import { BILLED_TOKENS, GatewayError, REPORTED_COST_NANO_USD } from '@parley/contracts';
import { badAnswer } from '@parley/dialects';
import { endAttempt, startAttempt } from '../engine/attempt.ts';
import { makeCall, modelAt } from '../engine/call.testing.ts';
import type { ChatCall } from '../engine/call.ts';
import { compilePrice } from './price.ts';
import { settleCall, type Ending, type Settlement } from './settle.ts';

const usage = {
  prompt_tokens: 1000,
  completion_tokens: 100,
  total_tokens: 1100,
  prompt_tokens_details: { cached_tokens: 400 },
};
const COST = 600 * 1000 + 400 * 100 + 100 * 2000;
const now = new Date('2026-09-01T00:00:00Z');
const settle = (call: ChatCall, ending: Ending): Settlement => settleCall(call, ending, call.startedAtMs + 1000, now);

/** A call whose attempts ended with these errors; undefined: it succeeded. */
function callAfter(errors: unknown[], fields: Partial<ChatCall> = {}): ChatCall {
  const call = makeCall('one/model', fields);
  call.attempts = errors.map((error) => {
    const attempt = startAttempt(modelAt('one/model'));
    endAttempt(attempt, error);
    return attempt;
  });
  return call;
}

describe('settling a call', () => {
  it('makes one row of an answer: tokens, exact cost, attempts', () => {
    const { row, costUsd, outcome, estimated } = settle(callAfter([badAnswer('x'), undefined]), { status: 200, usage });
    expect({ costUsd, outcome, estimated }).toEqual({ costUsd: '0.00084', outcome: 'success', estimated: false });
    expect(row).toMatchObject({
      ts: now,
      id: 'req_1',
      keyId: 'key-1',
      project: 'project',
      mode: 'live',
      route: '/v1/chat/completions',
      modelId: 'one/model',
      connection: 'one',
      provider: 'openai-compatible',
      upstreamModel: 'model',
      outcome: 'success',
      status: 200,
      errorCode: null,
      inputTokens: 1000,
      cachedInputTokens: 400,
      cacheWriteTokens: 0,
      outputTokens: 100,
      reasoningTokens: 0,
      costNanoUsd: COST,
      priceVersion: 1,
      unpriced: false,
      durationMs: 1000,
      batchId: null,
    });
    expect(row.attempts).toMatchObject([
      { outcome: 'error', status: 200, error_code: 'provider_bad_answer', usage: null, cost_nano_usd: null },
      {
        outcome: 'success',
        status: 200,
        error_code: null,
        usage: { input_tokens: 1000, output_tokens: 100 },
        cost_nano_usd: COST,
      },
    ]);
  });

  it('charges nothing for a call that was not answered', () => {
    const error = new GatewayError('provider_unavailable');
    const { row, outcome, tokens } = settle(callAfter([badAnswer('x')]), { status: 503, error });
    expect({ outcome, tokens }).toEqual({ outcome: 'error', tokens: null });
    expect(row).toMatchObject({
      errorCode: 'provider_unavailable',
      costNanoUsd: 0,
      unpriced: false,
      inputTokens: null,
    });
  });

  it('names what was asked for when nothing was tried', () => {
    const { row } = settle(makeCall('no/such'), { status: 404, error: new GatewayError('model_not_found') });
    expect(row).toMatchObject({
      modelId: 'no/such',
      connection: null,
      provider: null,
      outcome: 'rejected',
      attempts: [],
    });
  });

  it('estimates where the provider reported nothing, and says so', () => {
    const estimate = () => ({ prompt_tokens: 10, completion_tokens: 0, total_tokens: 10 });
    const { row, estimated } = settle(callAfter([undefined]), { status: 200, usage: null, estimate });
    expect([estimated, row.estimated, row.inputTokens, row.costNanoUsd]).toEqual([true, true, 10, 10_000]);
  });

  it('knows no cost without a price, and marks the row', () => {
    const call = callAfter([undefined]);
    call.attempts[0]!.entry.price = null;
    const { row, costUsd } = settle(call, { status: 200, usage });
    expect([costUsd, row.costNanoUsd, row.unpriced, row.inputTokens]).toEqual([null, null, true, 1000]);
    expect(row.priceVersion).toBeNull();
  });

  it('takes the price of the hour in which the call ended, by its version', () => {
    const call = callAfter([undefined]);
    const hours = [{ from: '00:00', to: '01:00', input: '3', output: '4', cached_input: '0' }];
    const price = compilePrice({ input: '1', output: '1', cached_input: '1', hours });
    Object.assign(call.attempts[0]!.entry, { price, priceVersion: 7 });
    const { row } = settle(call, { status: 200, usage });
    expect([row.costNanoUsd, row.priceVersion]).toEqual([600 * 3000 + 100 * 4000, 7]);
  });

  it('takes the cost that the provider reported where there is no price, and only there', () => {
    const reported = { ...usage, [REPORTED_COST_NANO_USD]: 77 };
    expect(settle(callAfter([undefined]), { status: 200, usage: reported }).row.costNanoUsd).toBe(COST);
    const call = callAfter([undefined]);
    call.attempts[0]!.entry.price = null;
    const { row, costUsd } = settle(call, { status: 200, usage: reported });
    expect([costUsd, row.costNanoUsd, row.unpriced]).toEqual(['0.000000077', 77, false]);
    expect(row.attempts).toMatchObject([{ cost_nano_usd: 77 }]);
  });

  it('charges what the provider bills where it bills something else than it counted', () => {
    const billed = { ...usage, [BILLED_TOKENS]: { input: 10, output: 2 } };
    const { row } = settle(callAfter([undefined]), { status: 200, usage: billed });
    expect([row.inputTokens, row.costNanoUsd]).toEqual([1000, 10 * 1000 + 2 * 2000]);
  });

  it('charges a stream that broke off for what was seen, and ends its attempt as failed', () => {
    const call = makeCall('one/model', { mode: 'stream' });
    const attempt = startAttempt(modelAt('one/model'));
    attempt.ttftMs = 200;
    call.attempts = [attempt];
    const { row, outcome } = settle(call, { status: 200, usage, error: new GatewayError('client_closed_request') });
    expect(outcome).toBe('cancelled');
    expect(row).toMatchObject({ mode: 'stream', costNanoUsd: COST, errorCode: 'client_closed_request' });
    expect(row.attempts).toMatchObject([{ outcome: 'cancelled', ttft_ms: 200, cost_nano_usd: COST }]);
    expect(row.ttftMs).toBeGreaterThanOrEqual(200);
  });

  it('reckons batch items like the ordinary calls that they are', () => {
    const call = callAfter([undefined], { mode: 'batch', batchId: 'batch-1' });
    expect(settle(call, { status: null, usage }).row).toMatchObject({
      mode: 'batch',
      batchId: 'batch-1',
      costNanoUsd: COST,
    });
  });

  it('charges every call for several choices by itself, and adds them up', () => {
    const call = callAfter([undefined]);
    const price = compilePrice({
      input: '1',
      output: '2',
      request: '0.001',
      tiers: [{ above_input_tokens: 150, input: '9' }],
    });
    call.attempts[0]!.entry.price = price;
    const one = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
    call.attempts[0]!.paid = [one, one].map((own) => ({ usage: own, isEstimated: false }));
    const { row, estimated, costUsd } = settle(call, { status: 200, usage: { ...one, prompt_tokens: 200 } });
    const ofOne = 1_000_000 + 100 * 1000 + 10 * 2000;
    expect(row).toMatchObject({ inputTokens: 200, outputTokens: 20, costNanoUsd: 2 * ofOne, priceVersion: 1 });
    expect([estimated, costUsd]).toEqual([false, '0.00224']);
  });

  it('says that it estimated where one of several calls was not counted', () => {
    const call = callAfter([undefined]);
    const own = { prompt_tokens: 10, completion_tokens: 0, total_tokens: 10 };
    call.attempts[0]!.paid = [false, true].map((isEstimated) => ({ usage: own, isEstimated }));
    const { row } = settle(call, { status: 200, usage: own });
    expect([row.estimated, row.inputTokens, row.costNanoUsd]).toEqual([true, 20, 20_000]);
  });

  it('charges the choices that came before an attempt failed, to it and to the row', () => {
    const call = callAfter([badAnswer('x'), badAnswer('x'), undefined]);
    const own = (tokens: number) => ({
      usage: { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens },
      isEstimated: false,
    });
    call.attempts[0]!.paid = [own(1000), own(200)];
    call.attempts[2]!.paid = [own(30)];
    const { row } = settle(call, { status: 200, usage: own(1230).usage });
    expect(row).toMatchObject({ outcome: 'success', inputTokens: 1230, costNanoUsd: 1_230_000 });
    expect(row.attempts.map((attempt) => attempt.usage?.input_tokens ?? null)).toEqual([1200, null, 30]);
    const failed = callAfter([badAnswer('x')]);
    failed.attempts[0]!.paid = [own(1000)];
    const error = new GatewayError('provider_bad_answer');
    expect(settle(failed, { status: 502, error }).row).toMatchObject({ outcome: 'error', costNanoUsd: 1_000_000 });
  });

  it('knows no cost of several attempts where one of them has none', () => {
    const call = callAfter([badAnswer('x'), undefined]);
    const own = { prompt_tokens: 10, completion_tokens: 0, total_tokens: 10 };
    for (const attempt of call.attempts) attempt.paid = [{ usage: own, isEstimated: false }];
    call.attempts[0]!.entry.price = null;
    const { row } = settle(call, { status: 200, usage: own });
    expect([row.costNanoUsd, row.unpriced, row.inputTokens]).toEqual([null, true, 20]);
    call.attempts[0]!.paid = [{ usage: { ...own, [REPORTED_COST_NANO_USD]: 7 }, isEstimated: false }];
    expect(settle(call, { status: 200, usage: own }).row).toMatchObject({ costNanoUsd: 10_007, unpriced: false });
  });

  it('never stores a negative duration, whatever the clocks say', () => {
    const call = callAfter([undefined]);
    expect(settleCall(call, { status: 200, usage }, call.startedAtMs - 5, now).row.durationMs).toBe(0);
  });
});
