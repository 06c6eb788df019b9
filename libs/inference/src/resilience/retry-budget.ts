const DEPOSIT_PER_CALL = 0.2;
const REFILL_PER_SECOND = 1;
const CAPACITY = 20;

/**
 * Bounds retries to a fifth of the calls of each connection, beyond a reserve that refills with time: when a provider is
 * down, retries must not multiply the load on it.
 * Source: https://sre.google/sre-book/handling-overload/ (per-client retry budgets).
 */
export class RetryBudget {
  private readonly accounts = new Map<string, { balance: number; atMs: number }>();

  constructor(private readonly now: () => number) {}

  deposit(connection: string): void {
    const account = this.open(connection);
    account.balance = Math.min(CAPACITY, account.balance + DEPOSIT_PER_CALL);
  }

  /** Takes one retry; false when there is none left. */
  withdraw(connection: string): boolean {
    const account = this.open(connection);
    if (account.balance < 1) return false;
    account.balance -= 1;
    return true;
  }

  reset(connection: string): void {
    this.accounts.delete(connection);
  }

  private open(connection: string): { balance: number; atMs: number } {
    const nowMs = this.now();
    const account = this.accounts.get(connection) ?? { balance: CAPACITY, atMs: nowMs };
    account.balance = Math.min(CAPACITY, account.balance + ((nowMs - account.atMs) / 1000) * REFILL_PER_SECOND);
    account.atMs = nowMs;
    this.accounts.set(connection, account);
    return account;
  }
}
