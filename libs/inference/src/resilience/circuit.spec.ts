import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Circuit, type CircuitLimits } from './circuit.ts';

const LIMITS: CircuitLimits = { windowMs: 1000, minSamples: 4, failureShare: 0.5, openMs: 100, maxOpenMs: 350 };

/** What the breaker promises, in the plainest form: all samples of the two half windows, and when it opened. */
class Model {
  samples: { half: number; healthy: boolean }[] = [];
  half = 0;
  halfStartMs = 0;
  openUntilMs = -1;
  openings = 0;
  isProbing = false;

  get isOpen(): boolean {
    return this.openings > 0;
  }

  record(healthy: boolean, nowMs: number): void {
    if (this.isOpen) {
      if (!this.isProbing) return;
      if (healthy) Object.assign(this, new Model(), { half: this.half, halfStartMs: this.halfStartMs });
      else this.open(nowMs);
      return;
    }
    const halves =
      nowMs - this.halfStartMs >= LIMITS.windowMs ? 2 : nowMs - this.halfStartMs >= LIMITS.windowMs / 2 ? 1 : 0;
    if (halves > 0) [this.half, this.halfStartMs] = [this.half + halves, nowMs];
    this.samples = [...this.samples, { half: this.half, healthy }].filter((sample) => sample.half >= this.half - 1);
    const failures = this.samples.filter((sample) => !sample.healthy).length;
    if (this.samples.length >= LIMITS.minSamples && failures / this.samples.length >= LIMITS.failureShare)
      this.open(nowMs);
  }

  open(nowMs: number): void {
    this.openUntilMs = nowMs + Math.min(LIMITS.maxOpenMs, LIMITS.openMs * 2 ** this.openings);
    this.openings += 1;
    this.isProbing = false;
  }

  tryPass(nowMs: number): boolean {
    if (!this.isOpen) return true;
    if (this.isProbing || nowMs < this.openUntilMs) return false;
    return (this.isProbing = true);
  }

  stateAt(nowMs: number): string {
    if (!this.isOpen) return 'closed';
    return this.isProbing || nowMs >= this.openUntilMs ? 'half-open' : 'open';
  }
}

type World = { circuit: Circuit; model: Model; clock: { nowMs: number } };
type Command = fc.Command<World, World>;

const command = (name: string, run: (world: World) => void): Command => ({
  check: () => true,
  run: (world, same) => {
    run(same);
    const { circuit, model, clock } = same;
    expect(circuit.stateAt(clock.nowMs)).toBe(model.stateAt(clock.nowMs));
    expect(circuit.waitMs(clock.nowMs)).toBe(model.isOpen ? Math.max(0, model.openUntilMs - clock.nowMs) : 0);
  },
  toString: () => name,
});
const record = (healthy: boolean): Command =>
  command(healthy ? 'healthy' : 'failed', ({ circuit, model, clock }) => {
    circuit.record(healthy, clock.nowMs);
    model.record(healthy, clock.nowMs);
  });

describe('the circuit', () => {
  it('equals its model under any commands', () => {
    const commands = fc.commands(
      [
        fc.constant(record(true)),
        fc.constant(record(false)),
        fc.constant(record(false)),
        fc.constant(
          command('pass', ({ circuit, model, clock }) =>
            expect(circuit.tryPass(clock.nowMs)).toBe(model.tryPass(clock.nowMs)),
          ),
        ),
        fc.constant(
          command('release', ({ circuit, model }) => {
            circuit.release();
            model.isProbing = false;
          }),
        ),
        fc.integer({ min: 0, max: 700 }).map((ms) => command(`wait ${ms}`, ({ clock }) => void (clock.nowMs += ms))),
      ],
      { maxCommands: 80 },
    );
    fc.assert(
      fc.property(commands, (sequence) => {
        const world: World = { circuit: new Circuit(LIMITS), model: new Model(), clock: { nowMs: 0 } };
        fc.modelRun(() => ({ model: world, real: world }), sequence);
      }),
      { numRuns: 500 },
    );
  });

  const failTimes = (circuit: Circuit, times: number, nowMs: number): void => {
    for (let i = 0; i < times; i++) circuit.record(false, nowMs);
  };

  it('stays closed below the smallest number of samples, and opens at it', () => {
    const circuit = new Circuit(LIMITS);
    failTimes(circuit, 3, 0);
    expect(circuit.stateAt(0)).toBe('closed');
    failTimes(circuit, 1, 0);
    expect(circuit.stateAt(0)).toBe('open');
  });

  it('stays closed while fewer than its share of calls fail', () => {
    const circuit = new Circuit(LIMITS);
    for (let i = 0; i < 100; i++) circuit.record(i % 3 !== 1, 0);
    expect(circuit.stateAt(0)).toBe('closed');
  });

  it('lets one probe pass when its time is up, and closes when that is well', () => {
    const circuit = new Circuit(LIMITS);
    failTimes(circuit, 4, 0);
    expect([circuit.tryPass(99), circuit.waitMs(99)]).toEqual([false, 1]);
    expect([circuit.tryPass(100), circuit.tryPass(100), circuit.stateAt(100)]).toEqual([true, false, 'half-open']);
    circuit.record(true, 110);
    expect([circuit.stateAt(110), circuit.tryPass(110)]).toEqual(['closed', true]);
    failTimes(circuit, 3, 110);
    expect(circuit.stateAt(110)).toBe('closed');
  });

  it('waits twice as long after every failed probe, up to a bound', () => {
    const circuit = new Circuit(LIMITS);
    failTimes(circuit, 4, 0);
    const waits: number[] = [];
    for (let nowMs = 0, i = 0; i < 4; i++) {
      waits.push(circuit.waitMs(nowMs));
      nowMs += circuit.waitMs(nowMs);
      expect(circuit.tryPass(nowMs)).toBe(true);
      circuit.record(false, nowMs);
    }
    expect(waits).toEqual([100, 200, 350, 350]);
  });

  it('lets another probe pass when one ended without a verdict', () => {
    const circuit = new Circuit(LIMITS);
    failTimes(circuit, 4, 0);
    circuit.tryPass(100);
    circuit.release();
    expect(circuit.tryPass(100)).toBe(true);
  });
});
