import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import { badAnswer } from '@parley/dialects';
import { settleCall, type Ending } from '../accounting/settle.ts';
import { endAttempt, startAttempt } from '../engine/attempt.ts';
import { makeCall, modelAt } from '../engine/call.testing.ts';
import type { ChatCall } from '../engine/call.ts';
import { openTelemetry } from './telemetry.testing.ts';

const usage = {
  prompt_tokens: 100,
  completion_tokens: 50,
  total_tokens: 150,
  prompt_tokens_details: { cached_tokens: 40 },
  completion_tokens_details: { reasoning_tokens: 20 },
};

function open() {
  const { telemetry, exposition } = openTelemetry();
  /** The series of a metric that are not zero, as `labels value`; of a histogram its count and sum. */
  const series = async (name: string): Promise<string[]> =>
    (await exposition())
      .split('\n')
      .filter((line) => new RegExp(`^parley_${name}(_count|_sum)?\\{`).test(line) && !line.endsWith(' 0'))
      .map((line) => line.replace(/^[^{]*/, ''))
      // Times are differences of floating-point numbers.
      .map((line) => line.replace(/\S+$/, (value) => String(Number(Number(value).toPrecision(9)))));
  const settle = (call: ChatCall, ending: Ending): void => {
    const nowMs = call.startedAtMs + 2000;
    telemetry.countSettlement(call, settleCall(call, ending, nowMs, new Date()), nowMs);
  };
  return { series, settle, telemetry };
}

function callAfter(errors: unknown[], fields: Partial<ChatCall> = {}): ChatCall {
  const call = makeCall('a/m', fields);
  for (const error of errors) {
    const attempt = startAttempt(modelAt('a/m'));
    call.attempts.push(attempt);
    endAttempt(attempt, error);
    attempt.durationMs = 500;
    attempt.startedAtMs = call.startedAtMs + 700 * (call.attempts.length - 1);
  }
  return call;
}
const LABELS = 'provider="openai-compatible",model="a/m"';

describe('the metrics of calls', () => {
  it('count a call once, each of its attempts, its tokens by kind, and its cost', async () => {
    const { series, settle } = open();
    settle(callAfter([badAnswer('x'), undefined]), { status: 200, usage });
    expect(await series('requests_total')).toEqual([`{${LABELS},mode="sync",outcome="success"} 1`]);
    expect(await series('upstream_attempts_total')).toEqual([
      `{${LABELS},outcome="error"} 1`,
      `{${LABELS},outcome="success"} 1`,
    ]);
    expect(await series('tokens_total')).toEqual([
      `{${LABELS},direction="input",kind="uncached"} 60`,
      `{${LABELS},direction="input",kind="cache_read"} 40`,
      `{${LABELS},direction="output",kind="response"} 30`,
      `{${LABELS},direction="output",kind="reasoning"} 20`,
    ]);
    expect(await series('cost_usd_total')).toEqual([`{${LABELS}} 0.000164`]);
    expect(await series('errors_total')).toEqual([]);
  });

  it('take what was neither spent at a provider nor in waiting for one for overhead', async () => {
    const { series, settle } = open();
    settle(callAfter([badAnswer('x'), undefined]), { status: 200, usage });
    expect(await series('overhead_seconds')).toEqual(['{mode="sync"} 0.8', '{mode="sync"} 1']);
    expect(await series('request_duration_seconds')).toEqual([
      `{${LABELS},mode="sync"} 2`,
      `{${LABELS},mode="sync"} 1`,
    ]);
  });

  it('name the error of a failed call, and no tokens', async () => {
    const { series, settle } = open();
    settle(callAfter([badAnswer('x')]), { status: 502, error: badAnswer('x') });
    expect(await series('requests_total')).toEqual([`{${LABELS},mode="sync",outcome="error"} 1`]);
    expect(await series('errors_total')).toEqual(['{provider="openai-compatible",code="provider_bad_answer"} 1']);
    expect(await series('tokens_total')).toEqual([]);
  });

  it('never take a label from what a caller sent', async () => {
    const { series, settle } = open();
    settle(makeCall('evil"} name'), { status: 404, error: new GatewayError('model_not_found') });
    expect(await series('requests_total')).toEqual([
      '{provider="none",model="other",mode="sync",outcome="rejected"} 1',
    ]);
  });

  it('tell the time to the first token and between tokens of a stream', async () => {
    const { series, settle } = open();
    const call = makeCall('a/m', { mode: 'stream' });
    const attempt = startAttempt(modelAt('a/m'));
    Object.assign(attempt, { startedAtMs: call.startedAtMs, ttftMs: 530 });
    call.attempts.push(attempt);
    settle(call, { status: 200, usage });
    expect(await series('time_to_first_token_seconds')).toEqual([`{${LABELS}} 0.53`, `{${LABELS}} 1`]);
    expect(await series('inter_token_latency_seconds')).toEqual([`{${LABELS}} 0.03`, `{${LABELS}} 1`]);
  });

  it('mark what was estimated and what has no price', async () => {
    const { series, settle } = open();
    const call = callAfter([undefined]);
    call.attempts[0]!.entry.price = null;
    settle(call, { status: 200, usage: null, estimate: () => usage });
    expect(await series('unpriced_requests_total')).toEqual([`{${LABELS}} 1`]);
    expect(await series('usage_estimated_total')).toEqual([`{${LABELS}} 1`]);
    expect(await series('cost_usd_total')).toEqual([]);
  });

  it('count retries and fallbacks by their reason', async () => {
    const { series, telemetry } = open();
    telemetry.countRetry('openai', 'provider_timeout');
    telemetry.countFallback({ from: 'openai', to: 'google', reason: 'provider_timeout', succeeded: false });
    expect(await series('retries_total')).toEqual(['{provider="openai",reason="provider_timeout"} 1']);
    expect(await series('fallbacks_total')).toEqual([
      '{from_provider="openai",to_provider="google",reason="provider_timeout",outcome="error"} 1',
    ]);
  });
});
