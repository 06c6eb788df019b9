import { ERRORS, type ErrorCode } from '@parley/contracts';
import { UpstreamFailureError, type HeaderMap, type UpstreamFailure } from '../dialect.ts';
import { readRetryAfterMs } from '../retry-after.ts';
import { scrubSecrets } from '../scrub.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../json-values.ts';

const MAX_MESSAGE_CHARS = 500;

/** HTTP status by name, for errors inside a stream that lack their number: https://google.aip.dev/193 */
const STATUS_BY_NAME: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** Gemini's name of a field (its last known segment) -> ours. */
const HUB_FIELDS: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  top_p: 'top_p',
  top_k: 'top_k',
  max_output_tokens: 'max_tokens',
  stop_sequences: 'stop',
  candidate_count: 'n',
  seed: 'seed',
  presence_penalty: 'presence_penalty',
  frequency_penalty: 'frequency_penalty',
  response_logprobs: 'logprobs',
  logprobs: 'top_logprobs',
  response_mime_type: 'response_format',
  response_schema: 'response_format',
  response_json_schema: 'response_format',
  thinking_config: 'reasoning_effort',
  tools: 'tools',
  tool_config: 'tool_choice',
  contents: 'messages',
  system_instruction: 'messages',
  safety_settings: 'safety_settings',
  cached_content: 'cached_content',
  labels: 'labels',
};

/** Reads Google's error body: `{error: {code, message, status, details[]}}`, in a list where a stream was asked for. */
export function decodeFailure(status: number, headers: HeaderMap, body: unknown): UpstreamFailure {
  const error = findError(body) ?? {};
  const details = objectsIn(error['details']);
  const message = textOf(error['message']) ?? textOf(body) ?? '';
  const reason = details.map((detail) => textOf(detail['reason'])).find((text) => text !== undefined);
  const code = classify(status, reason, message);
  const retryAfterMs = readRetryDelayMs(details) ?? readRetryAfterMs(headers);
  const param = readParam(details);
  return {
    code,
    retryable: ERRORS[code].retryable && !(code === 'provider_rate_limited' && isLastingQuota(message, details)),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(param !== undefined && { param }),
    upstream: {
      status,
      code: reason ?? textOf(error['status']) ?? null,
      message: message === '' ? null : toDetail(message),
    },
  };
}

/** Throws for an error object inside an answer whose HTTP status was 200, wrapped in a list or not. */
export function throwIfError(body: unknown): void {
  const error = findError(body);
  if (!error) return;
  const { code, status } = error;
  const named = typeof status === 'string' && Object.hasOwn(STATUS_BY_NAME, status) ? STATUS_BY_NAME[status]! : 500;
  throw new UpstreamFailureError(decodeFailure(typeof code === 'number' ? code : named, {}, body));
}

/** An answer that cannot be used although the provider called it one. */
export function badAnswer(message: string, code: string | null = null): UpstreamFailureError {
  return new UpstreamFailureError({
    code: 'provider_bad_answer',
    retryable: true,
    upstream: { status: 200, code, message: toDetail(message) },
  });
}

function toDetail(message: string): string {
  return scrubSecrets(message).slice(0, MAX_MESSAGE_CHARS);
}

function findError(body: unknown): JsonObject | undefined {
  for (const document of Array.isArray(body) ? objectsIn(body) : [body]) {
    if (isObject(document) && isObject(document['error'])) return document['error'];
  }
  return undefined;
}

function classify(status: number, reason: string | undefined, message: string): ErrorCode {
  // A bad key is a 400 here, not a 401.
  if (reason === 'API_KEY_INVALID' || /\bapi key (not valid|expired)/i.test(message)) return 'provider_auth_failed';
  if (status === 401 || status === 403) return 'provider_auth_failed';
  if (status === 402) return 'provider_credits_exhausted';
  // A cache entry that is gone says nothing about the model.
  if (status === 404) return /\bcache/i.test(message) ? 'provider_refused_request' : 'model_not_found';
  if (status === 429) return 'provider_rate_limited';
  if (status === 400 && /\binput token count\b/i.test(message)) return 'context_length_exceeded';
  // 499: Google itself cancelled the call.
  if (status === 408 || status === 499 || status >= 500) return 'provider_unavailable';
  return status >= 400 ? 'provider_refused_request' : 'provider_bad_answer';
}

/** A daily quota, or one of zero (no billing): waiting a moment does not help. */
function isLastingQuota(message: string, details: JsonObject[]): boolean {
  if (/\blimit: 0\b/.test(message)) return true;
  const violations = details.flatMap((detail) => objectsIn(detail['violations']));
  return violations.some((violation) => /PerDay/.test(textOf(violation['quotaId']) ?? ''));
}

/** google.rpc.RetryInfo: a protobuf duration such as "12s" or "1.5s". */
function readRetryDelayMs(details: JsonObject[]): number | undefined {
  for (const detail of details) {
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(textOf(detail['retryDelay']) ?? '')?.[1];
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000);
  }
  return undefined;
}

/** google.rpc.BadRequest: `generation_config.temperature`, `contents[0].parts[1]`, in snake or camel case. */
function readParam(details: JsonObject[]): string | undefined {
  const violations = details.flatMap((detail) => objectsIn(detail['fieldViolations']));
  const field = violations.map((violation) => textOf(violation['field'])).find((name) => name !== undefined);
  if (field === undefined) return undefined;
  const segments = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).split(/[.[]/);
  const known = segments.find((segment) => Object.hasOwn(HUB_FIELDS, segment));
  return known === undefined ? field : HUB_FIELDS[known];
}
