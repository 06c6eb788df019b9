import type { Logger } from '@nestjs/common';

const QUIET_MS = 30_000;

/**
 * Makes the `error` listener that every queue and worker needs, for without one BullMQ's errors end the process. A backend
 * that is away reports itself at every attempt to reconnect: one line in half a minute is enough.
 */
export function createQueueErrorLog(logger: Logger): (error: Error) => void {
  let quietUntil = 0;
  return (error) => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + QUIET_MS;
    logger.warn(`The queue reports: ${error.message || error.name}`);
  };
}
