import type { Runtime } from '@parley/inference';
import type { UsageAttempt } from '@parley/persistence';
import { writeLedger } from './write-ledger.ts';

/** How the last minutes went for one connection, over all gateways. */
export type Traffic = {
  attempts: number;
  /** Share of attempts that failed by the provider's fault, 0 to 1. */
  errorRate: number;
  /** Of the attempts that succeeded, in milliseconds; null: none did. */
  latencyMs: { p50: number; p95: number } | null;
};

/** By connection; `since`: attempts of requests that ended earlier are not counted. */
export type RecentTraffic = { since: Date; attempts: ReadonlyMap<string, readonly UsageAttempt[]> };

const WINDOW_MS = 5 * 60_000;
/** On a busy day this reaches back less far than the window. */
const MAX_REQUESTS = 1000;

/** Reads the attempts of the last minutes from the ledger. Calls that the caller gave up say nothing and are left out. */
export async function readRecentTraffic(runtime: Runtime): Promise<RecentTraffic> {
  await writeLedger(runtime);
  const to = new Date(Date.now() + 1);
  const from = new Date(to.getTime() - WINDOW_MS);
  const { rows, hasMore } = await runtime.stores.usage.list({ from, to, limit: MAX_REQUESTS });
  const { models } = runtime.configuration.current;
  const attempts = new Map<string, UsageAttempt[]>();
  for (const attempt of rows.flatMap((row) => row.attempts)) {
    if (attempt.outcome === 'cancelled') continue;
    // A model that is in no table is named after its connection.
    const connection = models.get(attempt.deployment)?.deployment.connection ?? attempt.deployment.split('/')[0]!;
    const known = attempts.get(connection);
    if (known) known.push(attempt);
    else attempts.set(connection, [attempt]);
  }
  return { since: (hasMore && rows.at(-1)?.ts) || from, attempts };
}

/** Undefined where nothing was tried. */
export function summariseTraffic(attempts: readonly UsageAttempt[]): Traffic | undefined {
  if (attempts.length === 0) return undefined;
  const failed = attempts.filter(({ outcome }) => outcome === 'error').length;
  const durations = attempts
    .filter(({ outcome }) => outcome === 'success')
    .map((attempt) => attempt.duration_ms)
    .sort((a, b) => a - b);
  const at = (share: number): number => durations[Math.ceil(durations.length * share) - 1]!;
  return {
    attempts: attempts.length,
    errorRate: failed / attempts.length,
    latencyMs: durations.length === 0 ? null : { p50: at(0.5), p95: at(0.95) },
  };
}
