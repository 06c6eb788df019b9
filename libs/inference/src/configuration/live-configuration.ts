import { GatewayError } from '@parley/contracts';
import type { StoredConfiguration } from '@parley/persistence';
import { buildSnapshot, type Snapshot, type SnapshotOptions } from './snapshot.ts';

/** Changes are announced; this is for announcements that were missed, and it proves that the database still answers. */
const REREAD_INTERVAL_MS = 60_000;

export type LiveConfigurationTools = {
  read: () => Promise<StoredConfiguration>;
  options: Omit<SnapshotOptions, 'now'>;
  onReload: (snapshot: Snapshot) => void;
  onProblem: (error: unknown) => void;
};

/** The snapshot that new calls begin with. Replaced whole when the configuration changes; kept while it cannot be read. */
export class LiveConfiguration {
  private snapshot: Snapshot | undefined;
  private reloading: Promise<void> | undefined;
  private again = false;
  private failed = false;
  private readsBegun = 0;
  private newestRead = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly tools: LiveConfigurationTools) {}

  /** Throws `dependency_unavailable` before the first successful read. */
  get current(): Snapshot {
    if (!this.snapshot) throw new GatewayError('dependency_unavailable', { values: { dependency: 'postgres' } });
    return this.snapshot;
  }

  get isLoaded(): boolean {
    return this.snapshot !== undefined;
  }

  /** The last read failed: what is newer than the snapshot is not known. */
  get isStale(): boolean {
    return this.failed;
  }

  async start(): Promise<void> {
    await this.read();
    this.timer = setInterval(() => void this.reload(), REREAD_INTERVAL_MS);
    this.timer.unref();
  }

  /** The database went away: what it says now is not known until it is read again. */
  markStale(): void {
    this.failed = true;
  }

  /** Reads again, once more if a change is announced meanwhile. Never throws. */
  reload(): Promise<void> {
    this.again = true;
    this.reloading ??= this.readUntilQuiet().finally(() => (this.reloading = undefined));
    return this.reloading;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async readUntilQuiet(): Promise<void> {
    while (this.again) {
      this.again = false;
      try {
        await this.read();
      } catch (error) {
        this.failed = true;
        this.tools.onProblem(error);
      }
    }
  }

  private async read(): Promise<void> {
    this.readsBegun += 1;
    const order = this.readsBegun;
    const stored = await this.tools.read();
    // A read that began earlier saw an older state, also when it ends later.
    if (order < this.newestRead) return;
    this.newestRead = order;
    this.failed = false;
    this.snapshot = buildSnapshot(stored, { ...this.tools.options, now: new Date() });
    this.tools.onReload(this.snapshot);
  }
}
