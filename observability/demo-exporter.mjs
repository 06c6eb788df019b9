/**
 * Stands in for a gateway and a worker: exports every metric of the catalogue with made-up, moving values, so that
 * rules and boards can be tried without traffic. After `npm run build`:
 *   node observability/demo-exporter.mjs [port ...]     (9464 and 9465 when none is given)
 */
import { createServer } from 'node:http';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRIC_CATALOGUE } from '../libs/inference/dist/telemetry/metrics-catalogue.js';
import * as sets from '../libs/inference/dist/telemetry/metrics-labels.js';
import { createMetrics } from '../libs/inference/dist/telemetry/metrics.js';

/** @import { Metrics } from '../libs/inference/dist/telemetry/metrics.js' */

const PROVIDERS = ['openai', 'anthropic'];
/** @type {Record<string, readonly string[]>} */
const LABEL_VALUES = {
  provider: PROVIDERS,
  from_provider: ['openai'],
  to_provider: ['anthropic'],
  model: ['small', 'large'],
  mode: sets.MODES,
  outcome: sets.OUTCOMES,
  route: ['/v1/chat/completions', '/v1/models'],
  method: ['POST'],
  code: ['200', '503'],
  reason: ['provider_timeout', 'provider_unreachable'],
  to: sets.CIRCUIT_STATES,
  direction: Object.keys(sets.TOKEN_KINDS),
  scope: ['key'],
  kind: ['rpm', 'tpm'],
  queue: ['parley-batches'],
  state: sets.JOB_STATES,
  status: ['in_progress', 'completed'],
  version: ['0.1.0'],
  commit: ['demo'],
  app: ['gateway'],
};
/**
 * Where a label means something else on one metric than on the others.
 * @type {Record<string, Record<string, readonly string[]>>}
 */
const EXCEPTIONS = {
  errors: { code: ['provider_timeout', 'rate_limit_exceeded'] },
  tokens: { kind: Object.values(sets.TOKEN_KINDS).flat() },
  streamEnds: { reason: sets.STREAM_END_REASONS },
  authFailures: { reason: sets.AUTH_FAILURE_REASONS },
  jobs: { outcome: sets.JOB_OUTCOMES },
  jobDurationSeconds: { outcome: ['completed', 'failed'] },
  batchItems: { outcome: sets.BATCH_ITEM_OUTCOMES },
};

const TICK_MS = 250;
const ports = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [9464, 9465];
for (const port of ports) serve(port);

/** @param {number} port */
function serve(port) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = createMetrics(registry);
  sets.zeroInitialise(metrics, { providers: PROVIDERS, routes: [{ route: '/v1/chat/completions', method: 'POST' }] });
  setInterval(() => feed(metrics), TICK_MS);
  createServer(async (_request, response) => {
    response.setHeader('content-type', registry.contentType);
    response.end(await registry.metrics());
  }).listen(port, '127.0.0.1');
}

/** @param {Metrics} metrics */
function feed(metrics) {
  for (const [key, instrument] of Object.entries(metrics)) {
    const definition = METRIC_CATALOGUE[/** @type {keyof Metrics} */ (key)];
    for (const series of combinations(key, definition.labels)) {
      if (instrument instanceof Counter) instrument.inc(series, Math.random());
      if (instrument instanceof Gauge) instrument.set(series, gaugeValue(key));
      if (instrument instanceof Histogram && 'buckets' in definition) {
        // Squared, so that most values are small, as durations are.
        const index = Math.floor(Math.random() ** 2 * definition.buckets.length);
        instrument.observe(series, definition.buckets[index] ?? 0);
      }
    }
  }
}

/** @param {string} key */
function gaugeValue(key) {
  if (key === 'configLastReloadSuccessTimestampSeconds') return Date.now() / 1000;
  if (key === 'buildInfo') return 1;
  return Math.floor(Math.random() * 3);
}

/**
 * Every combination of the label values, as label objects; one empty object where there are no labels.
 * @param {string} key
 * @param {readonly string[]} labels
 */
function combinations(key, labels) {
  /** @type {Record<string, string>[]} */
  let series = [{}];
  for (const label of labels) {
    const values = EXCEPTIONS[key]?.[label] ?? LABEL_VALUES[label] ?? [];
    series = series.flatMap((known) => values.map((value) => ({ ...known, [label]: value })));
  }
  return series;
}
