import { GatewayError } from '@parley/contracts';

/** A signal that ends a call, and the way to let go of it. */
export type Deadline = { signal: AbortSignal; abort(reason: GatewayError): void; clear(): void };

/** One total deadline over all attempts of a call; whoever notices that the client left aborts the same signal. */
export function openDeadline(timeoutMs: number): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new GatewayError('deadline_exceeded', { values: { seconds: Math.round(timeoutMs / 1000) } }));
  }, timeoutMs);
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    clear: () => clearTimeout(timer),
  };
}

/** Waits, and rejects with the signal's reason when it aborts first. */
export function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const giveUp = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', giveUp, { once: true });
  });
}
