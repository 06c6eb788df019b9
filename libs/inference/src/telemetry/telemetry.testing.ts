import { Registry } from 'prom-client';
import { CallTelemetry } from './call-telemetry.ts';
import { createMetrics } from './metrics.ts';

/** Telemetry on a registry of its own. `exposition` is what a scrape would read. */
export function openTelemetry(): { telemetry: CallTelemetry; exposition: () => Promise<string> } {
  const registry = new Registry();
  return { telemetry: new CallTelemetry(createMetrics(registry)), exposition: () => registry.metrics() };
}
