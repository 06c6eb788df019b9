import type { ErrorCode } from '@parley/contracts';
import { UpstreamFailureError, type HeaderMap, type UpstreamFailure } from '../dialect.ts';
import { codeOfStatus, describeFailure } from '../failures.ts';
import { isObject, textOf } from '../json-values.ts';

/** Ollama has no error codes: what the status does not say, its words do. */
const CODES_BY_TEXT: readonly [pattern: RegExp, code: ErrorCode][] = [
  [/prompt (is )?too long|exceeds? (the )?(maximum |max )?context length/i, 'context_length_exceeded'],
  [/^model .{0,300} not found/is, 'model_not_found'],
];

/** Reads `{"error": "..."}`: https://docs.ollama.com/api/errors */
export function decodeFailure(status: number, headers: HeaderMap, body: unknown): UpstreamFailure {
  const message = readMessage(body);
  return describeFailure(classify(status, message), { status, message }, headers);
}

/** Throws for an error that came inside a 200 answer or stream: the server broke off, or never began. */
export function throwIfError(body: unknown): void {
  if (!isObject(body) || body['error'] === undefined || body['error'] === null) return;
  const message = readMessage(body);
  const status = typeof body['status_code'] === 'number' ? body['status_code'] : 500;
  throw new UpstreamFailureError(describeFailure(classify(status, message), { status: 200, message }));
}

function classify(status: number, message = ''): ErrorCode {
  const byText = CODES_BY_TEXT.find(([pattern]) => pattern.test(message));
  if (byText) return byText[1];
  // Another 404 is a server that has no such address: no Ollama, or one that is too old.
  return status === 404 ? 'provider_refused_request' : codeOfStatus(status);
}

function readMessage(body: unknown): string | undefined {
  if (!isObject(body)) return textOf(body);
  const { error } = body;
  return textOf(isObject(error) ? error['message'] : error) ?? textOf(body['message']);
}
