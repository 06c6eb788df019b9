const FIRST_DELAY_MS = 2_000;
const GROWTH = 4;
const MAX_RETRY_AFTER_MS = 10 * 60_000;

/** How often an item is tried: the engine has already retried within each try. */
export const MAX_ATTEMPTS = 3;

/** How long an item waits after its `attempts`-th failed try. Pure: the caller brings the randomness (0 to 1). */
export function retryDelayMs(attempts: number, retryAfterMs: number | undefined, random: () => number): number {
  // Between half and all of the delay: items that failed together must not come back together.
  const backoffMs = FIRST_DELAY_MS * GROWTH ** (attempts - 1) * (0.5 + random() / 2);
  return Math.max(backoffMs, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}
