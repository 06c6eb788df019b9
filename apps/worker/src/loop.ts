import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';

export type Loop = {
  /** Resolves when the task does not run any more. */
  stop(): Promise<void>;
};

/** Up to this share of the interval is added or taken away, so that processes that started together drift apart. */
const JITTER = 0.25;

/** Runs a task again and again, never twice at a time, with the interval between the runs. A failure is only logged. */
export function startLoop(intervalMs: number, task: () => Promise<unknown>, logger: Logger): Loop {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const delayMs = intervalMs * (1 + JITTER * (2 * Math.random() - 1));
      await sleep(delayMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await task().catch((error: unknown) => logger.warn(`A periodic task failed: ${String(error)}`));
    }
  };
  const ended = run();
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}
