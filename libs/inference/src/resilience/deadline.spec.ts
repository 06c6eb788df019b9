import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@parley/contracts';
import { openDeadline, sleep } from './deadline.ts';

describe('a deadline', () => {
  it('aborts its signal in time, with the seconds that were given', async () => {
    const startMs = performance.now();
    const { signal } = openDeadline(100);
    await expect(sleep(5000, signal)).rejects.toMatchObject({
      code: 'deadline_exceeded',
      details: { values: { seconds: 0 } },
    });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(95);
    expect(performance.now() - startMs).toBeLessThan(2000);
  });

  it('gives way to a reason that comes first, and keeps it', async () => {
    const deadline = openDeadline(50);
    const reason = new GatewayError('client_closed_request');
    deadline.abort(reason);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(deadline.signal.reason).toBe(reason);
  });

  it('is forgotten when it is cleared', async () => {
    const deadline = openDeadline(30);
    deadline.clear();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(deadline.signal.aborted).toBe(false);
  });
});

describe('waiting', () => {
  it('ends when its time is up', async () => {
    const startMs = performance.now();
    await sleep(50, new AbortController().signal);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(45);
  });

  it('does not begin when the caller has given up', async () => {
    await expect(sleep(5000, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });

  it('ends at once, with the reason, when the caller gives up', async () => {
    const controller = new AbortController();
    const waiting = sleep(5000, controller.signal);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
  });
});
