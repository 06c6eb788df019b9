import { Injectable } from '@nestjs/common';
import { Runtime, type CircuitState } from '@parley/inference';
import { findProvider, type ProbeStep } from '@parley/providers';
import { readRecentTraffic, summariseTraffic, type RecentTraffic, type Traffic } from './recent-traffic.ts';

/** `failing`: configured and switched on, but its circuit is open, its last test failed, or most attempts fail. */
export type ConnectionStatus = 'active' | 'disabled' | 'not_configured' | 'failing';

/** The last test of a connection that this process made. */
export type ConnectionCheck = { at: Date; ok: boolean; steps: readonly ProbeStep[] };

export type ConnectionReport = {
  status: ConnectionStatus;
  /** Why it is not active, in a short English phrase; null where it is. */
  reason: string | null;
  /** The worst among its deployments, in this process. */
  circuit: CircuitState;
  /** Undefined: nothing was tried lately, or the ledger cannot be read. */
  traffic: Traffic | undefined;
  check: ConnectionCheck | undefined;
};

const FAILING_RATE = 0.5;
/** Fewer attempts than this are an accident, not a rate. */
const FAILING_ATTEMPTS = 5;

/** Where each connection stands, from what calls met and what tests found. */
@Injectable()
export class ConnectionHealth {
  private readonly checks = new Map<string, ConnectionCheck>();
  /** When a connection was changed or reset: what happened before does not speak of it any more. */
  private readonly renewals = new Map<string, Date>();

  constructor(private readonly runtime: Runtime) {}

  noteCheck(name: string, check: ConnectionCheck): void {
    this.checks.set(name, check);
  }

  /** Closes the circuits of a connection, refills its retry budget and forgets what was known against it. */
  reset(name: string): void {
    this.runtime.resetHealth(name);
    this.checks.delete(name);
    this.renewals.set(name, new Date());
  }

  /** Reads the ledger once and tells then of any connection. */
  async read(): Promise<{ since: Date | null; of: (name: string) => ConnectionReport }> {
    // What this process knows by itself is worth showing above all when the database is away.
    const recent = await readRecentTraffic(this.runtime).catch(() => undefined);
    return { since: recent?.since ?? null, of: (name) => this.report(name, recent) };
  }

  private report(name: string, recent: RecentTraffic | undefined): ConnectionReport {
    const renewedAt = this.renewals.get(name)?.toISOString() ?? '';
    const attempts = recent?.attempts.get(name)?.filter((attempt) => attempt.started_at >= renewedAt) ?? [];
    const facts = {
      circuit: this.runtime.circuits.worst(({ connection }) => connection === name),
      traffic: summariseTraffic(attempts),
      check: this.checks.get(name),
    };
    const obstacle = this.findObstacle(name);
    if (obstacle) return { ...facts, ...obstacle };
    const failure = describeFailure(facts);
    return { ...facts, status: failure === null ? 'active' : 'failing', reason: failure };
  }

  /** What keeps a connection from being called at all. */
  private findObstacle(name: string): Pick<ConnectionReport, 'status' | 'reason'> | undefined {
    const stored = this.runtime.configuration.current.connections.get(name)?.stored;
    if (!stored) return notConfigured('the connection has not been read yet');
    const provider = findProvider(stored.provider);
    if (!stored.enabled) return { status: 'disabled', reason: 'it is switched off' };
    if (!provider) return notConfigured(`this version does not know the provider "${stored.provider}"`);
    if (stored.problem !== null) return notConfigured(stored.problem);
    if (provider.needsCredential && stored.credentials.length === 0) return notConfigured('it has no credential');
    return undefined;
  }
}

const notConfigured = (reason: string) => ({ status: 'not_configured', reason }) as const;

function describeFailure({
  circuit,
  traffic,
  check,
}: Pick<ConnectionReport, 'circuit' | 'traffic' | 'check'>): string | null {
  if (circuit !== 'closed') return `calls have been failing: a circuit is ${circuit}`;
  const failedStep = check?.steps.find((step) => !step.ok);
  if (failedStep) return `its last test failed at the step "${failedStep.step}"`;
  if (!traffic || traffic.attempts < FAILING_ATTEMPTS || traffic.errorRate < FAILING_RATE) return null;
  return `${Math.round(traffic.errorRate * 100)} % of its last ${traffic.attempts} attempts failed`;
}
