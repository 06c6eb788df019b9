import type { Runtime } from '@parley/inference';

/** Brings what was settled until now into the database, so that a request which has just been answered is found. */
export async function writeLedger({ ledger }: Runtime): Promise<void> {
  // A flush that is under way may have passed the newest rows already; the second one cannot have.
  await ledger.flush();
  await ledger.flush();
}
