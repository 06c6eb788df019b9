import type { UsageRow } from '@parley/persistence';
import type { UsageSpool } from './spool.ts';

const FLUSH_INTERVAL_MS = 100;
const MAX_ROWS_PER_INSERT = 500;
/** A Postgres that accepts and never answers counts as away: rows that were inserted after all are not inserted twice. */
const INSERT_TIMEOUT_MS = 5000;
/** At the end of the process there is less time. */
const LAST_INSERT_TIMEOUT_MS = 1000;
/** While Postgres is away rows go to disk; only if that fails too do they wait here, up to this many. */
const MAX_WAITING = 100_000;

export type LedgerTools = {
  insert: (rows: UsageRow[]) => Promise<void>;
  spool: UsageSpool;
  onDropped: (count: number) => void;
  /** How many rows are not in Postgres yet; after every flush. */
  onPending: (count: number) => void;
  onProblem: (message: string, error: unknown) => void;
};

/**
 * Carries settled calls to Postgres behind the back of the hot path: gathered in memory, written ten times a second,
 * spooled to disk while Postgres is away. Inserting twice is harmless, since rows carry their identity.
 */
export class Ledger {
  private waiting: UsageRow[] = [];
  private flushing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failing = false;
  private insertTimeoutMs = INSERT_TIMEOUT_MS;
  /** Ends the wait for the insert that is under way. */
  private giveUp = (): void => {};

  constructor(private readonly tools: LedgerTools) {}

  start(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_INTERVAL_MS);
    this.timer.unref();
  }

  get pending(): number {
    return this.waiting.length + this.tools.spool.pending;
  }

  add(row: UsageRow): void {
    if (this.waiting.length >= MAX_WAITING) return this.tools.onDropped(1);
    this.waiting.push(row);
  }

  /** Writes what waits. Never throws: what cannot be written is kept. */
  flush(): Promise<void> {
    this.flushing ??= this.writeAll().finally(() => {
      this.flushing = undefined;
      this.tools.onPending(this.pending);
    });
    return this.flushing;
  }

  /** Writes the rest, to Postgres or to disk, and ends. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.insertTimeoutMs = LAST_INSERT_TIMEOUT_MS;
    const hurry = setTimeout(() => this.giveUp(), LAST_INSERT_TIMEOUT_MS);
    await this.flush();
    clearTimeout(hurry);
    // The one that was under way may have left out what came last.
    await this.flush();
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const rows = this.waiting.splice(0, MAX_ROWS_PER_INSERT);
      if (!(await this.write(rows))) return;
    }
    await this.replaySpool();
  }

  private async write(rows: UsageRow[]): Promise<boolean> {
    try {
      await this.insert(rows);
      return true;
    } catch (error) {
      this.noteFailure(error);
      // With all that waits: one piece at a time, an outage would fill the memory and a close would lose the rest.
      await this.keep([...rows, ...this.waiting.splice(0)]);
      return false;
    }
  }

  private async keep(rows: UsageRow[]): Promise<void> {
    try {
      await this.tools.spool.append(rows);
    } catch (error) {
      this.tools.onProblem('usage cannot be spooled to disk; it waits in memory', error);
      this.waiting = [...rows, ...this.waiting];
    }
  }

  private async replaySpool(): Promise<void> {
    try {
      await this.tools.spool.replay((rows) => this.insert(rows));
    } catch (error) {
      this.noteFailure(error);
    }
  }

  private async insert(rows: UsageRow[]): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    this.giveUp = () => reject(new Error('Postgres does not answer'));
    const timer = setTimeout(this.giveUp, this.insertTimeoutMs);
    try {
      await Promise.race([this.tools.insert(rows), late]);
      this.failing = false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Told once per outage, not every second. */
  private noteFailure(error: unknown): void {
    if (!this.failing) this.tools.onProblem('usage cannot be written to Postgres; it waits on disk', error);
    this.failing = true;
  }
}
