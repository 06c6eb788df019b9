import type { ThrottlerStorage } from '@nestjs/throttler';

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** More addresses than this in one minute are an attack; the oldest are forgotten. */
const MAX_TRACKED = 100_000;

/** Counts per fixed window, in this process. The library's own storage starts a timer for every hit. */
export class FixedWindowStorage implements ThrottlerStorage {
  private readonly windows = new Map<string, { hits: number; endsAtMs: number }>();

  constructor(private readonly onRejection: (scope: string) => void) {}

  increment(key: string, ttl: number, limit: number, _blockDuration: number, name: string): Promise<StorageRecord> {
    const nowMs = performance.now();
    let window = this.windows.get(key);
    if (!window || window.endsAtMs <= nowMs) {
      this.windows.delete(key);
      if (this.windows.size >= MAX_TRACKED) this.windows.delete(this.windows.keys().next().value!);
      window = { hits: 0, endsAtMs: nowMs + ttl };
      this.windows.set(key, window);
    }
    window.hits += 1;
    const isBlocked = window.hits > limit;
    if (isBlocked) this.onRejection(name);
    const seconds = Math.ceil((window.endsAtMs - nowMs) / 1000);
    return Promise.resolve({
      totalHits: window.hits,
      timeToExpire: seconds,
      isBlocked,
      timeToBlockExpire: isBlocked ? seconds : 0,
    });
  }
}
