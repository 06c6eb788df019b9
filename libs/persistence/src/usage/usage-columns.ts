import type { UsageRow } from './types.ts';

type ColumnKind = 'timestamptz' | 'text' | 'boolean' | 'jsonb' | 'count' | 'cost';

/** The fields of a row, their columns and kinds, in the order of the statements. */
const COLUMNS: Record<keyof UsageRow, [column: string, kind: ColumnKind]> = {
  ts: ['ts', 'timestamptz'],
  id: ['id', 'text'],
  keyId: ['key_id', 'text'],
  project: ['project', 'text'],
  mode: ['mode', 'text'],
  route: ['route', 'text'],
  modelId: ['model_id', 'text'],
  connection: ['connection', 'text'],
  provider: ['provider', 'text'],
  upstreamModel: ['upstream_model', 'text'],
  outcome: ['outcome', 'text'],
  status: ['status', 'count'],
  errorCode: ['error_code', 'text'],
  inputTokens: ['input_tokens', 'count'],
  cachedInputTokens: ['cached_input_tokens', 'count'],
  cacheWriteTokens: ['cache_write_tokens', 'count'],
  outputTokens: ['output_tokens', 'count'],
  reasoningTokens: ['reasoning_tokens', 'count'],
  estimated: ['estimated', 'boolean'],
  costNanoUsd: ['cost_nano_usd', 'cost'],
  priceVersion: ['price_version', 'count'],
  unpriced: ['unpriced', 'boolean'],
  attempts: ['attempts', 'jsonb'],
  ttftMs: ['ttft_ms', 'count'],
  durationMs: ['duration_ms', 'count'],
  batchId: ['batch_id', 'text'],
};

const columns = Object.entries(COLUMNS);

/** Counts are read as `numeric` and brought into range, so that one absurd number does not refuse a thousand rows. */
const readType = (kind: ColumnKind): string => (kind === 'count' || kind === 'cost' ? 'numeric' : kind);

/** `CASE` keeps what is not known: `least` and `greatest` pass over null, which would make it 0. */
function writeExpression(field: string, kind: ColumnKind): string {
  const clamp = (limit: string) => `CASE WHEN "${field}" IS NOT NULL THEN least(greatest("${field}", 0), ${limit}) END`;
  if (kind === 'count') return `(${clamp('2147483647')})::integer`;
  if (kind === 'cost') return `(${clamp(String(Number.MAX_SAFE_INTEGER))})::bigint`;
  return `"${field}"`;
}

/** Takes all rows as one JSON text, so that the driver handles one parameter however many rows there are. */
export const INSERT_USAGE = `
  INSERT INTO usage_events (${columns.map(([, [column]]) => column).join(', ')}, attempt_count)
  SELECT ${columns.map(([field, [, kind]]) => writeExpression(field, kind)).join(', ')}, jsonb_array_length(attempts)
  FROM jsonb_to_recordset($1::jsonb) AS given (${columns
    .map(([field, [, kind]]) => `"${field}" ${readType(kind)}`)
    .join(', ')})
  ON CONFLICT DO NOTHING`;

/** Selects the columns under the names of the fields. */
export const SELECT_USAGE = `SELECT ${columns.map(([field, [column]]) => `${column} AS "${field}"`).join(', ')} FROM usage_events`;
