import { GatewayError } from '@parley/contracts';
import type { StoredKey } from '@parley/persistence';

const WINDOW_MS = 60_000;

/** What one key used in the running minute. */
type Account = { windowStartMs: number; requests: number; tokens: number; running: number };

/** Where a key stands with its limits, for the `x-ratelimit-*` headers. */
export type LimitStatus = { limit: number; remaining: number; resetMs: number };

type Entrant = { key: StoredKey; admitted?: boolean };

/** The limits of API keys in this process: requests and tokens per minute, and calls at the same time. */
export class KeyLimits {
  private readonly accounts = new Map<string, Account>();

  constructor(
    private readonly now: () => number,
    private readonly onRejection: (kind: 'rpm' | 'tpm' | 'concurrency') => void = () => {},
  ) {}

  /** Takes a call in, or throws `rate_limit_exceeded` with the time to wait. */
  enter(call: Entrant): void {
    const { key } = call;
    if (key.rpm === null && key.tpm === null && key.maxParallel === null) return;
    const account = this.open(key.id);
    const resetMs = account.windowStartMs + WINDOW_MS - this.now();
    if (key.rpm !== null && account.requests >= key.rpm) this.reject('rpm', `${key.rpm} requests per minute`, resetMs);
    if (key.tpm !== null && account.tokens >= key.tpm) this.reject('tpm', `${key.tpm} tokens per minute`, resetMs);
    if (key.maxParallel !== null && account.running >= key.maxParallel) {
      this.reject('concurrency', `${key.maxParallel} requests at the same time`, 1000);
    }
    account.requests += 1;
    account.running += 1;
    call.admitted = true;
  }

  /** Lets a call out again; its tokens count towards the running minute. Safe to call for one that never got in. */
  leave(call: Entrant, tokens: number): void {
    if (!call.admitted) return;
    call.admitted = false;
    const account = this.open(call.key.id);
    account.running -= 1;
    account.tokens += tokens;
  }

  statusOf(key: StoredKey): { requests?: LimitStatus; tokens?: LimitStatus } {
    if (key.rpm === null && key.tpm === null) return {};
    const account = this.open(key.id);
    const resetMs = account.windowStartMs + WINDOW_MS - this.now();
    const status = (limit: number, used: number): LimitStatus => ({
      limit,
      remaining: Math.max(0, limit - used),
      resetMs,
    });
    return {
      ...(key.rpm !== null && { requests: status(key.rpm, account.requests) }),
      ...(key.tpm !== null && { tokens: status(key.tpm, account.tokens) }),
    };
  }

  private reject(kind: 'rpm' | 'tpm' | 'concurrency', limit: string, retryAfterMs: number): never {
    this.onRejection(kind);
    throw new GatewayError('rate_limit_exceeded', { values: { limit }, retryAfterMs: Math.max(1000, retryAfterMs) });
  }

  private open(keyId: string): Account {
    const nowMs = this.now();
    let account = this.accounts.get(keyId);
    if (!account) {
      account = { windowStartMs: nowMs, requests: 0, tokens: 0, running: 0 };
      this.accounts.set(keyId, account);
    } else if (nowMs - account.windowStartMs >= WINDOW_MS) {
      Object.assign(account, { windowStartMs: nowMs, requests: 0, tokens: 0 });
    }
    return account;
  }
}
