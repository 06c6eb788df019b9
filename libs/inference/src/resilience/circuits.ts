import { GatewayError } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import type { Invoke } from '../engine/call.ts';
import { Circuit, type CircuitState } from './circuit.ts';
import { isUnhealthy, outcomeOf } from './verdict.ts';

type Transition = { connection: string; provider: string; to: CircuitState };

/** Callers can name models freely where a connection passes them through, so the memory for them is bounded. */
const MAX_CIRCUITS = 10_000;

/** The circuits of the deployments that were called. */
export class Circuits {
  private readonly byDeployment = new Map<string, { circuit: Circuit; connection: string; provider: string }>();

  constructor(
    private readonly now: () => number,
    private readonly onTransition: (transition: Transition) => void = () => {},
  ) {}

  /** Whether a call may pass; throws `provider_unavailable` with the time to wait where it may not. */
  pass(deployment: { id: string; connection: string; provider: { id: string } }): void {
    const { circuit } = this.of(deployment);
    if (circuit.tryPass(this.now())) return;
    throw new GatewayError('provider_unavailable', {
      provider: deployment.connection,
      values: { provider: deployment.connection },
      retryAfterMs: Math.max(1000, circuit.waitMs(this.now())),
    });
  }

  /** `undefined`: the call says nothing about the deployment's health. */
  record(deployment: { id: string; connection: string; provider: { id: string } }, healthy: boolean | undefined): void {
    const { circuit, connection, provider } = this.of(deployment);
    const before = circuit.stateAt(this.now());
    if (healthy === undefined) circuit.release();
    else circuit.record(healthy, this.now());
    const after = circuit.stateAt(this.now());
    if (before !== after) this.onTransition({ connection, provider, to: after });
  }

  /** Closes the circuits of a connection. */
  reset(connection: string): void {
    for (const entry of this.byDeployment.values()) {
      if (entry.connection !== connection) continue;
      if (entry.circuit.stateAt(this.now()) !== 'closed') this.onTransition({ ...entry, to: 'closed' });
      entry.circuit.reset();
    }
  }

  /** The worst state among the deployments for which `belongs` holds. */
  worst(belongs: (entry: { connection: string; provider: string }) => boolean): CircuitState {
    const states = [...this.byDeployment.values()].filter(belongs).map(({ circuit }) => circuit.stateAt(this.now()));
    return states.includes('open') ? 'open' : states.includes('half-open') ? 'half-open' : 'closed';
  }

  private of(deployment: { id: string; connection: string; provider: { id: string } }) {
    let entry = this.byDeployment.get(deployment.id);
    if (!entry) {
      if (this.byDeployment.size >= MAX_CIRCUITS) this.byDeployment.delete(this.byDeployment.keys().next().value!);
      entry = { circuit: new Circuit(), connection: deployment.connection, provider: deployment.provider.id };
      this.byDeployment.set(deployment.id, entry);
    }
    return entry;
  }
}

/** Keeps calls away from a deployment that has been failing, and learns from those that pass. */
export function withCircuit(invoke: Invoke, circuits: Circuits): Invoke {
  return async (call, entry) => {
    circuits.pass(entry.deployment);
    try {
      const answer = await invoke(call, entry);
      // A stream that has begun can still break off: that is recorded besides, when the call is settled.
      circuits.record(entry.deployment, true);
      return answer;
    } catch (error) {
      const verdict = isUnhealthy(error) ? false : outcomeOf(error) === 'cancelled' ? undefined : isAlive(error);
      circuits.record(entry.deployment, verdict);
      throw error;
    }
  };
}

/** A refusal by the provider is an answer, so it is alive; everything else, our own refusals too, leaves it open. */
const isAlive = (error: unknown): true | undefined =>
  error instanceof UpstreamFailureError && outcomeOf(error) === 'rejected' ? true : undefined;
