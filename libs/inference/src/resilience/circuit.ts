/** closed: calls pass; open: none does; half-open: one probe is on its way. */
export type CircuitState = 'closed' | 'half-open' | 'open';

export type CircuitLimits = {
  /** Samples older than this do not count. */
  windowMs: number;
  /** Fewer samples than this never open it. */
  minSamples: number;
  /** Share of failures that opens it. */
  failureShare: number;
  /** How long it stays open the first time; doubled with every failed probe up to `maxOpenMs`. */
  openMs: number;
  maxOpenMs: number;
};

export const CIRCUIT_LIMITS: CircuitLimits = {
  windowMs: 20_000,
  minSamples: 20,
  failureShare: 0.5,
  openMs: 5000,
  maxOpenMs: 60_000,
};

type Counts = { samples: number; failures: number };

/**
 * The circuit breaker of one deployment: a rolling share of failures over two half windows. Pure but for its own state:
 * the caller brings the time, in milliseconds of a monotonic clock.
 */
export class Circuit {
  private current: Counts = { samples: 0, failures: 0 };
  private previous: Counts = { samples: 0, failures: 0 };
  private halfWindowStartMs = 0;
  private openUntilMs: number | undefined;
  private openings = 0;
  private probing = false;

  constructor(private readonly limits: CircuitLimits = CIRCUIT_LIMITS) {}

  stateAt(nowMs: number): CircuitState {
    if (this.openUntilMs === undefined) return 'closed';
    return this.probing || nowMs >= this.openUntilMs ? 'half-open' : 'open';
  }

  /** Whether a call may pass now. In the half-open state only one may, and it must be recorded or released. */
  tryPass(nowMs: number): boolean {
    if (this.openUntilMs === undefined) return true;
    if (this.probing || nowMs < this.openUntilMs) return false;
    this.probing = true;
    return true;
  }

  /** How long until a call may pass, in milliseconds. */
  waitMs(nowMs: number): number {
    return this.openUntilMs === undefined ? 0 : Math.max(0, this.openUntilMs - nowMs);
  }

  record(healthy: boolean, nowMs: number): void {
    if (this.openUntilMs !== undefined) return this.recordProbe(healthy, nowMs);
    this.roll(nowMs);
    this.current.samples += 1;
    if (!healthy) this.current.failures += 1;
    const samples = this.current.samples + this.previous.samples;
    const failures = this.current.failures + this.previous.failures;
    if (samples >= this.limits.minSamples && failures >= samples * this.limits.failureShare) this.open(nowMs);
  }

  /** The call that passed ended without a verdict on the deployment, such as a refused request. */
  release(): void {
    this.probing = false;
  }

  reset(): void {
    this.openUntilMs = undefined;
    this.openings = 0;
    this.probing = false;
    this.current = { samples: 0, failures: 0 };
    this.previous = { samples: 0, failures: 0 };
  }

  /** Calls that began before the circuit opened may still report: only the probe decides. */
  private recordProbe(healthy: boolean, nowMs: number): void {
    if (!this.probing) return;
    this.probing = false;
    if (healthy) this.reset();
    else this.open(nowMs);
  }

  private open(nowMs: number): void {
    const openMs = Math.min(this.limits.maxOpenMs, this.limits.openMs * 2 ** this.openings);
    this.openings += 1;
    this.openUntilMs = nowMs + openMs;
  }

  private roll(nowMs: number): void {
    const halfMs = this.limits.windowMs / 2;
    const age = nowMs - this.halfWindowStartMs;
    if (age < halfMs) return;
    this.previous = age < 2 * halfMs ? this.current : { samples: 0, failures: 0 };
    this.current = { samples: 0, failures: 0 };
    this.halfWindowStartMs = nowMs;
  }
}
