import type { ErrorCode } from '@parley/contracts';
import { UpstreamFailureError, type HeaderMap, type UpstreamFailure } from '../dialect.ts';
import { codeOfStatus, describeFailure } from '../failures.ts';
import { isObject, textOf } from '../json-values.ts';

/** The body is `{id, message}` without a code, so that the words tell what the status does not. */
const CODES_BY_TEXT: readonly [pattern: RegExp, code: ErrorCode][] = [
  // "max tokens must be less than ..." is about the answer, which a shorter prompt would not mend.
  [/too[ _]many[ _]tokens(?!: max tokens)/i, 'context_length_exceeded'],
  [/\b(incorrect api key|invalid api (key|token)|no api key supplied)\b/i, 'provider_auth_failed'],
  [/^blocked (input|output)\b/i, 'content_filtered'],
];

/** Statuses of Cohere's own: https://docs.cohere.com/reference/errors */
const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  498: 'content_filtered',
  499: 'provider_unavailable',
};

export function decodeFailure(status: number, headers: HeaderMap, body: unknown): UpstreamFailure {
  const message = readMessage(body);
  return describeFailure(classify(status, message ?? ''), { status, message }, headers);
}

/** An error that came inside a 200 answer or stream: the generation broke off. */
export function brokenOff(body: unknown, code?: string): UpstreamFailureError {
  const message = readMessage(body);
  return new UpstreamFailureError(describeFailure(classify(500, message ?? ''), { status: 200, code, message }));
}

function classify(status: number, message: string): ErrorCode {
  const byText = CODES_BY_TEXT.find(([pattern]) => pattern.test(message));
  if (byText) return byText[1];
  // Models are removed now and then; another 404 is an address that is wrong.
  if (status === 404) return /\bmodel\b/i.test(message) ? 'model_not_found' : 'provider_refused_request';
  return CODES_BY_STATUS[status] ?? codeOfStatus(status);
}

function readMessage(body: unknown): string | undefined {
  if (!isObject(body)) return textOf(body);
  const { error } = body;
  return textOf(body['message']) ?? textOf(isObject(error) ? error['message'] : error);
}
