/** What the overview board shows, row by row. Building blocks of PromQL first; the JSON around it is made in dashboard.mjs. */
const PROVIDER = 'provider=~"$provider"';
const PROVIDER_AND_MODEL = `${PROVIDER},model=~"$model"`;

/** @typedef {{ type: string, title: string, unit: string, width: number, height: number, queries: string[][], mappings?: Record<string, string[]> }} Panel */
/** A query over one metric: its selector without braces, and the labels to group by. @typedef {(metric: string, filter?: string, labels?: string) => string} Query */

const where = (filter = '') => (filter ? `{${filter}}` : '');
const by = (labels = '') => (labels ? ` by (${labels})` : '');
/** Events per second, summed over what `labels` does not name. @type {Query} */
const rate = (metric, filter, labels) => `sum${by(labels)} (rate(${metric}${where(filter)}[$__rate_interval]))`;
/** @type {Query} */
const increase = (metric, filter, labels) => `sum${by(labels)} (increase(${metric}${where(filter)}[$__rate_interval]))`;
/** @type {Query} */
const inRange = (metric, filter, labels) => `sum${by(labels)} (increase(${metric}${where(filter)}[$__range]))`;
/** @type {(level: number, metric: string, filter?: string, labels?: string) => string} */
const quantile = (level, metric, filter, labels) =>
  `histogram_quantile(${level}, ${rate(`${metric}_bucket`, filter, labels ? `le, ${labels}` : 'le')})`;
/** Every replica reports the whole cluster's value, so the largest is the value. @type {(metric: string, labels: string) => string} */
const clusterWide = (metric, labels) => `max by (${labels}) (${metric})`;

/** @type {(outcomes: string, labels?: string) => string} */
const requestsWith = (outcomes, labels) =>
  rate('parley_requests_total', `${PROVIDER_AND_MODEL},outcome=~"${outcomes}"`, labels);
/** Ratios leave out what the caller did: mistakes (rejected) and hang-ups (cancelled). @type {(labels?: string) => string} */
const answered = (labels) => requestsWith('success|error', labels);
/** @type {(labels: string) => string} */
const spend = (labels) => rate('parley_cost_usd_total', PROVIDER_AND_MODEL, labels);
/** @type {(filter: string, labels: string) => string} */
const tokens = (filter, labels) => rate('parley_tokens_total', `${PROVIDER_AND_MODEL}${filter}`, labels);
const unfinishedJobs = `sum by (queue) (${clusterWide('parley_queue_jobs{state=~"waiting|prioritized|active|delayed"}', 'queue, state')})`;
const finishedJobs = rate('parley_jobs_total', 'outcome=~"completed|failed"', 'queue');

/** @type {(levels: number[], metric: string, filter?: string, labels?: string, legend?: string) => string[][]} */
const quantiles = (levels, metric, filter, labels, legend = '') =>
  levels.map((level) => [quantile(level, metric, filter, labels), `${legend} p${level * 100}`.trim()]);

/**
 * A panel; its width is in 24ths of the board, its queries are pairs of expression and legend.
 * @type {(type: string, title: string, unit: string, width: number, queries: string[][], extra?: Partial<Panel>) => Panel}
 */
const panel = (type, title, unit, width, queries, extra = {}) => ({
  type,
  title,
  unit,
  width,
  height: 8,
  queries,
  ...extra,
});
/** @type {(title: string, unit: string, queries: string[][]) => Panel} */
const graph = (title, unit, queries) => panel('timeseries', title, unit, 8, queries);
/** @type {(title: string, unit: string, expression: string) => Panel} */
const stat = (title, unit, expression) => panel('stat', title, unit, 4, [[expression, '']], { height: 4 });
/** @type {(title: string, queries: string[][], mappings: Record<string, string[]>) => Panel} */
const states = (title, queries, mappings) => panel('state-timeline', title, 'short', 8, queries, { mappings });

/** @type {Record<string, Panel[]>} */
export const ROWS = {
  'At a glance': [
    stat('Requests per second', 'reqps', rate('parley_requests_total', PROVIDER_AND_MODEL)),
    stat('Success ratio', 'percentunit', `${requestsWith('success')} / ${answered()}`),
    stat('Spend in range', 'currencyUSD', inRange('parley_cost_usd_total', PROVIDER_AND_MODEL)),
    stat('Tokens in range', 'short', inRange('parley_tokens_total', PROVIDER_AND_MODEL)),
    stat('First token p95', 's', quantile(0.95, 'parley_time_to_first_token_seconds', PROVIDER_AND_MODEL)),
    stat('Overhead p99', 's', quantile(0.99, 'parley_overhead_seconds')),
  ],
  'Traffic and errors': [
    graph('Requests by provider', 'reqps', [
      [rate('parley_requests_total', PROVIDER_AND_MODEL, 'provider'), '{{provider}}'],
    ]),
    // "or … * 0": a provider without errors has no error series, and its ratio is 0, not absent.
    graph('Error ratio by provider', 'percentunit', [
      [
        `(${requestsWith('error', 'provider')} or ${answered('provider')} * 0) / ${answered('provider')}`,
        '{{provider}}',
      ],
    ]),
    graph('Failed calls by error code', 'ops', [[rate('parley_errors_total', PROVIDER, 'code'), '{{code}}']]),
    graph('HTTP answers by status', 'reqps', [[rate('parley_http_requests_total', '', 'code'), '{{code}}']]),
    graph('In flight', 'short', [
      ['sum (parley_http_requests_in_flight)', 'requests'],
      ['sum (parley_streams_active)', 'streams'],
    ]),
    graph('Stream ends by reason', 'ops', [[rate('parley_stream_ends_total', PROVIDER, 'reason'), '{{reason}}']]),
  ],
  Latency: [
    graph('Call duration', 's', quantiles([0.5, 0.95, 0.99], 'parley_request_duration_seconds', PROVIDER_AND_MODEL)),
    graph('First token p95 by model', 's', [
      [quantile(0.95, 'parley_time_to_first_token_seconds', PROVIDER_AND_MODEL, 'model'), '{{model}}'],
    ]),
    graph('Time between tokens p95 by model', 's', [
      [quantile(0.95, 'parley_inter_token_latency_seconds', PROVIDER_AND_MODEL, 'model'), '{{model}}'],
    ]),
    panel('heatmap', 'First token', 's', 8, [
      [increase('parley_time_to_first_token_seconds_bucket', PROVIDER_AND_MODEL, 'le'), '{{le}}'],
    ]),
    graph('Overhead of Parley', 's', quantiles([0.5, 0.99], 'parley_overhead_seconds', '', 'mode', '{{mode}}')),
    graph('HTTP duration p95 by route', 's', [
      [quantile(0.95, 'parley_http_request_duration_seconds', '', 'route'), '{{route}}'],
    ]),
  ],
  'Tokens and cost': [
    graph('Spend per hour by model', 'currencyUSD', [[`${spend('model')} * 3600`, '{{model}}']]),
    panel('table', 'Spend in range by model', 'currencyUSD', 8, [
      [`sort_desc(${inRange('parley_cost_usd_total', PROVIDER_AND_MODEL, 'provider, model')})`, ''],
    ]),
    graph('Blended price per million tokens', 'currencyUSD', [
      [`1e6 * ${spend('model')} / ${tokens('', 'model')}`, '{{model}}'],
    ]),
    graph('Tokens per second by kind', 'short', [[tokens('', 'direction, kind'), '{{direction}} {{kind}}']]),
    graph('Share of input read from the prompt cache', 'percentunit', [
      [`${tokens(',kind="cache_read"', 'model')} / ${tokens(',direction="input"', 'model')}`, '{{model}}'],
    ]),
    graph('Calls without a price or without reported usage', 'reqps', [
      [
        rate('parley_unpriced_requests_total', PROVIDER_AND_MODEL, 'provider, model'),
        'no price: {{provider}} {{model}}',
      ],
      [
        rate('parley_usage_estimated_total', PROVIDER_AND_MODEL, 'provider, model'),
        'estimated: {{provider}} {{model}}',
      ],
    ]),
  ],
  'Providers and limits': [
    states('Circuits', [[clusterWide(`parley_circuit_state{${PROVIDER}}`, 'provider'), '{{provider}}']], {
      0: ['closed', 'green'],
      1: ['half-open', 'yellow'],
      2: ['open', 'red'],
    }),
    graph('Circuit transitions', 'short', [
      [increase('parley_circuit_transitions_total', PROVIDER, 'provider, to'), '{{provider}} to {{to}}'],
    ]),
    graph('Retries by cause', 'ops', [
      [rate('parley_retries_total', PROVIDER, 'provider, reason'), '{{provider}} {{reason}}'],
    ]),
    graph('Fallbacks', 'ops', [
      [
        rate('parley_fallbacks_total', 'from_provider=~"$provider"', 'from_provider, to_provider, reason, outcome'),
        '{{from_provider}} to {{to_provider}}: {{reason}}, {{outcome}}',
      ],
    ]),
    // Over all providers: after a fallback the attempt and the call carry different ones.
    graph('Attempts per call', 'short', [
      [`${rate('parley_upstream_attempts_total')} / ${rate('parley_requests_total')}`, 'attempts'],
    ]),
    graph('Attempts by outcome', 'ops', [
      [rate('parley_upstream_attempts_total', PROVIDER_AND_MODEL, 'provider, outcome'), '{{provider}} {{outcome}}'],
    ]),
    graph('Attempt duration p95', 's', [
      [quantile(0.95, 'parley_upstream_attempt_duration_seconds', PROVIDER, 'provider'), '{{provider}}'],
    ]),
    graph('Refused by a rate limit', 'reqps', [
      [rate('parley_rate_limit_rejections_total', '', 'scope, kind'), '{{scope}} {{kind}}'],
    ]),
    graph('Refused API keys', 'reqps', [[rate('parley_auth_failures_total', '', 'reason'), '{{reason}}']]),
  ],
  'Queue and batches': [
    graph('Jobs by state', 'short', [[clusterWide('parley_queue_jobs', 'queue, state'), '{{queue}} {{state}}']]),
    graph('Oldest waiting job', 's', [[clusterWide('parley_queue_oldest_waiting_seconds', 'queue'), '{{queue}}']]),
    graph('Wait in the queue', 's', quantiles([0.5, 0.95], 'parley_queue_wait_seconds', '', 'queue', '{{queue}}')),
    graph('Jobs by outcome', 'ops', [[rate('parley_jobs_total', '', 'queue, outcome'), '{{queue}} {{outcome}}']]),
    graph('Job duration p95', 's', [
      [quantile(0.95, 'parley_job_duration_seconds', '', 'queue, outcome'), '{{queue}} {{outcome}}'],
    ]),
    graph('Time until the queue is empty', 's', [[`${unfinishedJobs} / ${finishedJobs}`, '{{queue}}']]),
    graph('Batches by status', 'short', [[clusterWide('parley_batches', 'status'), '{{status}}']]),
    graph('Batch items by outcome', 'ops', [[rate('parley_batch_items_total', '', 'outcome'), '{{outcome}}']]),
    graph('Batch completion', 's', quantiles([0.5, 0.95], 'parley_batch_completion_seconds')),
  ],
  Processes: [
    graph('Event loop lag p99', 's', [['nodejs_eventloop_lag_p99_seconds{job=~"parley-.*"}', '{{job}} {{instance}}']]),
    graph('Memory', 'bytes', [['process_resident_memory_bytes{job=~"parley-.*"}', '{{job}} {{instance}}']]),
    graph('CPU', 'percentunit', [
      [rate('process_cpu_seconds_total', 'job=~"parley-.*"', 'job, instance'), '{{job}} {{instance}}'],
    ]),
    graph('Usage records', 'short', [
      ['sum (parley_usage_writer_pending)', 'waiting'],
      [increase('parley_usage_writer_dropped_total'), 'lost'],
    ]),
    graph('Age of the configuration', 's', [
      ['time() - parley_config_last_reload_success_timestamp_seconds', '{{job}} {{instance}}'],
    ]),
    panel('stat', 'Usage partitions ahead', 'd', 4, [['max (parley_usage_partition_days_ahead)', '']]),
    panel('table', 'Versions', 'short', 4, [['count by (app, version, commit) (parley_build_info)', '']]),
  ],
};
