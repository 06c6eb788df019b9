/**
 * Every metric that Parley exports: name, meaning, labels, buckets. Data only; `createMetrics` makes the instruments.
 *
 * Label values come from closed sets, and no caller-supplied string is ever one: `provider` is a catalog slug or `none`
 * (no attempt was made), `model` a registered id or `other`, `route` a template, `code` an error code or an HTTP status.
 * The values of one metric partition its total, so `sum()` is always right.
 */
const DURATION_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 900];
/** Up to five minutes: reasoning models think long before their first token. */
const FIRST_TOKEN_SECONDS = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 20, 30, 60, 120, 300];
const INTER_TOKEN_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 10];
const OVERHEAD_SECONDS = [0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const QUEUE_WAIT_SECONDS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600];
/** Up to the 24 hours of a batch window. */
const BATCH_SECONDS = [10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400];

export const METRIC_CATALOGUE = {
  // The edge: what HTTP clients see.
  httpRequests: counter('parley_http_requests_total', 'HTTP requests answered.', ['route', 'method', 'code']),
  httpRequestDurationSeconds: histogram(
    'parley_http_request_duration_seconds',
    'Time from the arrival of an HTTP request to the end of its answer.',
    ['route', 'method'],
    DURATION_SECONDS,
  ),
  httpRequestsInFlight: gauge('parley_http_requests_in_flight', 'HTTP requests being answered now.', ['route']),
  streamsActive: gauge('parley_streams_active', 'Streams open towards clients now.', ['provider']),
  streamEnds: counter('parley_stream_ends_total', 'Streams that ended after their headers were sent, by reason.', [
    'provider',
    'reason',
  ]),
  overheadSeconds: histogram(
    'parley_overhead_seconds',
    'Time that Parley added to a call: its duration minus that from the first attempt to the end of the last.',
    ['mode'],
    OVERHEAD_SECONDS,
  ),

  // The call: one observation per call, under the provider that answered last.
  requests: counter('parley_requests_total', 'Calls, by outcome.', ['provider', 'model', 'mode', 'outcome']),
  requestDurationSeconds: histogram(
    'parley_request_duration_seconds',
    'Duration of a call over all of its attempts.',
    ['provider', 'model', 'mode'],
    DURATION_SECONDS,
  ),
  timeToFirstTokenSeconds: histogram(
    'parley_time_to_first_token_seconds',
    'Time from the start of a streamed call to its first content.',
    ['provider', 'model'],
    FIRST_TOKEN_SECONDS,
  ),
  interTokenLatencySeconds: histogram(
    'parley_inter_token_latency_seconds',
    'Mean time between tokens of a streamed call: (end - first token) / (tokens - 1), one observation a call.',
    ['provider', 'model'],
    INTER_TOKEN_SECONDS,
  ),
  errors: counter('parley_errors_total', 'Calls that failed, by error code.', ['provider', 'code']),

  // The attempts behind a call.
  upstreamAttempts: counter('parley_upstream_attempts_total', 'Tries of one deployment, by outcome.', [
    'provider',
    'model',
    'outcome',
  ]),
  upstreamAttemptDurationSeconds: histogram(
    'parley_upstream_attempt_duration_seconds',
    'Duration of one try of one deployment.',
    ['provider'],
    DURATION_SECONDS,
  ),
  retries: counter(
    'parley_retries_total',
    'Further tries of the same deployment, by the error code that caused them.',
    ['provider', 'reason'],
  ),
  fallbacks: counter('parley_fallbacks_total', 'Moves to the next deployment, by cause and by how that one fared.', [
    'from_provider',
    'to_provider',
    'reason',
    'outcome',
  ]),
  circuitState: gauge(
    'parley_circuit_state',
    'Circuit of the provider: 0 closed, 1 half-open, 2 open; the worst of its deployments.',
    ['provider'],
  ),
  circuitTransitions: counter('parley_circuit_transitions_total', 'Circuits that changed state.', ['provider', 'to']),

  // Accounting.
  tokens: counter('parley_tokens_total', 'Tokens used, each counted under exactly one kind.', [
    'provider',
    'model',
    'direction',
    'kind',
  ]),
  costUsd: counter('parley_cost_usd_total', 'Cost of priced calls in US dollars.', ['provider', 'model']),
  unpricedRequests: counter('parley_unpriced_requests_total', 'Calls whose cost is unknown for want of a price.', [
    'provider',
    'model',
  ]),
  usageEstimated: counter(
    'parley_usage_estimated_total',
    'Calls whose tokens were counted here, since the provider reported none.',
    ['provider', 'model'],
  ),
  usageWriterPending: gauge('parley_usage_writer_pending', 'Usage records not yet stored in Postgres.', []),
  usageWriterDropped: counter('parley_usage_writer_dropped_total', 'Usage records lost: billing is incomplete.', []),
  usagePartitionDaysAhead: gauge(
    'parley_usage_partition_days_ahead',
    'Days for which usage partitions exist in advance.',
    [],
  ),

  // Admission.
  rateLimitRejections: counter('parley_rate_limit_rejections_total', 'Requests refused by a rate limit.', [
    'scope',
    'kind',
  ]),
  authFailures: counter('parley_auth_failures_total', 'Requests refused for their API key.', ['reason']),

  // Queues and batches. Each replica reports the cluster's queues and batches: take max(), never sum().
  queueJobs: gauge('parley_queue_jobs', 'Jobs in the queue, by state.', ['queue', 'state']),
  queueOldestWaitingSeconds: gauge('parley_queue_oldest_waiting_seconds', 'Age of the oldest waiting job.', ['queue']),
  queueWaitSeconds: histogram(
    'parley_queue_wait_seconds',
    'Time a job waited before a worker took it.',
    ['queue'],
    QUEUE_WAIT_SECONDS,
  ),
  jobs: counter('parley_jobs_total', 'Jobs run: completed and failed are final, stalled is not.', ['queue', 'outcome']),
  jobDurationSeconds: histogram(
    'parley_job_duration_seconds',
    'Duration of one run of a job.',
    ['queue', 'outcome'],
    DURATION_SECONDS,
  ),
  batches: gauge('parley_batches', 'Batches, by status.', ['status']),
  batchItems: counter('parley_batch_items_total', 'Batch items that reached their end, by outcome.', ['outcome']),
  batchCompletionSeconds: histogram(
    'parley_batch_completion_seconds',
    'Time from the creation of a batch to its end.',
    [],
    BATCH_SECONDS,
  ),

  // The process.
  configLastReloadSuccessTimestampSeconds: gauge(
    'parley_config_last_reload_success_timestamp_seconds',
    'Unix time of the last successful read of the configuration, changed or not.',
    [],
  ),
  buildInfo: gauge('parley_build_info', 'Always 1; the labels say what runs.', ['version', 'commit', 'app']),
} as const;

function counter<const Labels extends readonly string[]>(name: string, help: string, labels: Labels) {
  return { kind: 'counter', name, help, labels } as const;
}

function gauge<const Labels extends readonly string[]>(name: string, help: string, labels: Labels) {
  return { kind: 'gauge', name, help, labels } as const;
}

function histogram<const Labels extends readonly string[]>(
  name: string,
  help: string,
  labels: Labels,
  buckets: number[],
) {
  return { kind: 'histogram', name, help, labels, buckets } as const;
}
