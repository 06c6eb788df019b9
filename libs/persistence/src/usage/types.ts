/** How the answer was asked for: whole, as a stream, or as an item of a batch. */
export type UsageMode = 'live' | 'stream' | 'batch';

/**
 * How a request ended for our caller. `error`: our fault or a provider's; `rejected`: the caller's; `cancelled`: the
 * caller hung up.
 */
export type UsageOutcome = 'success' | 'error' | 'rejected' | 'cancelled';

/** Tokens as the provider's bill counts them; null: not known. */
export type UsageTokens = {
  /** Includes the cached ones. */
  inputTokens: number | null;
  cachedInputTokens: number | null;
  cacheWriteTokens: number | null;
  /** Includes reasoning. */
  outputTokens: number | null;
  reasoningTokens: number | null;
};

/** One try of one deployment. Stored as it is in the column `attempts`, hence the names. */
export type UsageAttempt = {
  deployment: string;
  provider: string;
  outcome: UsageOutcome;
  /** HTTP status of the provider; null: no answer. */
  status: number | null;
  /** ISO 8601. */
  started_at: string;
  ttft_ms: number | null;
  duration_ms: number;
  usage: {
    input_tokens: number | null;
    cached_input_tokens: number | null;
    cache_write_tokens: number | null;
    output_tokens: number | null;
    reasoning_tokens: number | null;
  } | null;
  /** Null: the price or the usage is not known. */
  cost_nano_usd: number | null;
  error_code: string | null;
};

/** One finished request. Holds no prompt and no answer. */
export type UsageRow = UsageTokens & {
  /** When the request ended. Fixed then and not at the insert: with the id it is what makes an insert repeatable. */
  ts: Date;
  /** The request id that our caller saw. */
  id: string;
  /** Null: AUTH is off. */
  keyId: string | null;
  project: string | null;
  mode: UsageMode;
  /** The door, such as `/v1/chat/completions`. */
  route: string;
  /** The model as it was resolved, or as it was asked for when it was not. */
  modelId: string;
  /** Of the deployment that answered last; null, like the next two: none was tried. */
  connection: string | null;
  provider: string | null;
  upstreamModel: string | null;
  outcome: UsageOutcome;
  /** HTTP status that our caller saw; null: none, as for the items of a batch. */
  status: number | null;
  errorCode: string | null;
  /** Whether the tokens were counted here because the provider did not say. */
  estimated: boolean;
  /**
   * Billionths of a US dollar over all attempts; null: not known. A JavaScript number is exact up to nine million dollars,
   * which no single request costs; sums over requests are `bigint`.
   */
  costNanoUsd: number | null;
  /** Which of the model's prices made the cost; null: none did, or one that is not from the table of models. */
  priceVersion: number | null;
  /** Whether tokens were used for which no price is known. */
  unpriced: boolean;
  attempts: UsageAttempt[];
  ttftMs: number | null;
  durationMs: number;
  batchId: string | null;
};

export const USAGE_GROUPS = ['model', 'provider', 'connection', 'key', 'project', 'day'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** Sums over the requests that agree in every group that was asked for. Unknown tokens count as 0. */
export type UsageSummary = {
  /** The value of each group that was asked for; `day` is `2026-01-31`, in UTC. */
  group: Partial<Record<UsageGroup, string | null>>;
  requests: number;
  attempts: number;
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  /** Billionths of a US dollar over the requests whose cost is known; null: it is known of none. */
  costNanoUsd: bigint | null;
  unpricedRequests: number;
};

/** From `from` up to, but not including, `to`. */
export type UsageRange = { from: Date; to: Date; keyId?: string | undefined };
