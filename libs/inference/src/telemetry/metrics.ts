import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { METRIC_CATALOGUE } from './metrics-catalogue.ts';

type Catalogue = typeof METRIC_CATALOGUE;
type Definition = Catalogue[keyof Catalogue];

type InstrumentOf<Entry> = Entry extends { kind: infer Kind; labels: readonly (infer Label extends string)[] }
  ? { counter: Counter<Label>; gauge: Gauge<Label>; histogram: Histogram<Label> }[Kind & Definition['kind']]
  : never;

/** One instrument per catalogue entry, typed with the labels of that entry. */
export type Metrics = { readonly [Key in keyof Catalogue]: InstrumentOf<Catalogue[Key]> };

/** The exported names, in the order of the catalogue. */
export const METRIC_NAMES: readonly string[] = Object.values(METRIC_CATALOGUE).map(({ name }) => name);

/**
 * Makes all instruments and registers them; throws when the registry already holds one of the names.
 * Times are observed in seconds, cost is counted in US dollars. Call `zeroInitialise` once afterwards.
 */
export function createMetrics(registry: Registry): Metrics {
  const entries = Object.entries(METRIC_CATALOGUE).map(([key, definition]) => [key, instrument(definition, registry)]);
  return Object.fromEntries(entries) as Metrics;
}

function instrument(definition: Definition, registry: Registry): Counter | Gauge | Histogram {
  const { name, help } = definition;
  const configuration = { name, help, labelNames: [...definition.labels], registers: [registry] };
  switch (definition.kind) {
    case 'counter':
      return new Counter(configuration);
    case 'gauge':
      return new Gauge(configuration);
    case 'histogram':
      return new Histogram({ ...configuration, buckets: [...definition.buckets] });
  }
}
