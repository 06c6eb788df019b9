import { collectDefaultMetrics, Registry } from 'prom-client';

export type { Registry } from 'prom-client';

export const createRegistry = (): Registry => new Registry();

/** Memory, CPU, event loop and garbage collection of this process, under prom-client's own names. */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
}
