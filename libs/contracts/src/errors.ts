/** How each error code behaves. `docs/errors.md` and the texts in every language are held to this table by tests. */
type ErrorTraits = {
  /** HTTP status of the answer. */
  status: number;
  /** OpenAI's `error.type`: a coarse class that SDKs know. */
  type: string;
  /** Whether the same request may succeed later or elsewhere without a change by the caller. */
  retryable: boolean;
};

const CALLER = 'invalid_request_error';

export const ERRORS = {
  invalid_request: { status: 400, type: CALLER, retryable: false },
  invalid_json: { status: 400, type: CALLER, retryable: false },
  unsupported_parameter: { status: 400, type: CALLER, retryable: false },
  context_length_exceeded: { status: 400, type: CALLER, retryable: false },
  content_filtered: { status: 400, type: CALLER, retryable: false },
  provider_refused_request: { status: 400, type: CALLER, retryable: false },
  invalid_api_key: { status: 401, type: CALLER, retryable: false },
  budget_exceeded: { status: 402, type: 'insufficient_quota', retryable: false },
  provider_credits_exhausted: { status: 402, type: 'insufficient_quota', retryable: false },
  admin_required: { status: 403, type: 'permission_error', retryable: false },
  model_not_allowed: { status: 403, type: 'permission_error', retryable: false },
  address_not_allowed: { status: 403, type: 'permission_error', retryable: false },
  not_found: { status: 404, type: CALLER, retryable: false },
  model_not_found: { status: 404, type: CALLER, retryable: false },
  model_unavailable: { status: 404, type: CALLER, retryable: false },
  unknown_route: { status: 404, type: CALLER, retryable: false },
  method_not_allowed: { status: 405, type: CALLER, retryable: false },
  conflict: { status: 409, type: CALLER, retryable: false },
  request_too_large: { status: 413, type: CALLER, retryable: false },
  unsupported_media_type: { status: 415, type: CALLER, retryable: false },
  rate_limit_exceeded: { status: 429, type: 'rate_limit_error', retryable: true },
  provider_rate_limited: { status: 429, type: 'rate_limit_error', retryable: true },
  client_closed_request: { status: 499, type: CALLER, retryable: false },
  internal_error: { status: 500, type: 'server_error', retryable: true },
  provider_unreachable: { status: 502, type: 'server_error', retryable: true },
  provider_bad_answer: { status: 502, type: 'server_error', retryable: true },
  provider_auth_failed: { status: 502, type: 'server_error', retryable: false },
  upstream_incomplete: { status: 502, type: 'server_error', retryable: true },
  provider_unavailable: { status: 503, type: 'server_error', retryable: true },
  all_providers_failed: { status: 503, type: 'server_error', retryable: true },
  overloaded: { status: 503, type: 'server_error', retryable: true },
  dependency_unavailable: { status: 503, type: 'server_error', retryable: true },
  server_shutting_down: { status: 503, type: 'server_error', retryable: true },
  deadline_exceeded: { status: 504, type: 'server_error', retryable: true },
  provider_timeout: { status: 504, type: 'server_error', retryable: true },
  provider_stalled: { status: 504, type: 'server_error', retryable: true },
  storage_full: { status: 507, type: 'server_error', retryable: true },
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof ERRORS;

export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** What a provider said when it failed, scrubbed of secrets: detail for the reader, never our own message. */
export type UpstreamDetail = {
  status: number | null;
  code: string | null;
  message: string | null;
  /** What it said for programs, where its format has such a place. */
  details?: Record<string, unknown>;
};

/** One failed try, as shown when several were made. */
export type AttemptSummary = { provider: string; model: string; code: ErrorCode; duration_ms: number };

export type ErrorDetails = {
  /** The request field at fault, in the caller's notation (`messages.0.role`). */
  param?: string;
  /** Provider slug or connection name. */
  provider?: string;
  /** Fills the placeholders of the code's text in every language. */
  values?: Record<string, string | number>;
  /** What `Retry-After` says, in milliseconds. */
  retryAfterMs?: number;
  upstream?: UpstreamDetail;
  attempts?: AttemptSummary[];
};

/** The one error that Parley raises on purpose; everything else is answered as `internal_error`. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(code, options);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** A request field that is missing or wrong. `problem` is a short English phrase such as "must be a list". */
export function invalidRequest(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', { param, values: { param, problem } });
}
