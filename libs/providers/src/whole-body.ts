import { isUtf8 } from 'node:buffer';
import { badAnswer, UpstreamFailureError, type Dialect, type HeaderMap } from '@parley/dialects';
import type { ExchangeListener } from './http/exchange.ts';
import { transportFailure } from './http/transport-failure.ts';
import { readJsonOrText } from './live-stream.ts';

const WHOLE_BODY_BYTES = 64 * 1024 * 1024;

/** A good answer: its JSON, the bytes it came in, and what stood before it. */
export type WholeBody = { body: unknown; bytes: Buffer; headers: HeaderMap };

/** Waits for an answer that comes whole. `accept` hears of a good one, and what it throws is a failure as any other. */
export function readWhole(
  decodeFailure: Dialect['decodeFailure'],
  signal: AbortSignal,
  reject: (error: unknown) => void,
  accept: (answer: WholeBody) => void,
  collectUpTo = WHOLE_BODY_BYTES,
): ExchangeListener {
  let head: { status: number; headers: HeaderMap };
  return {
    onHead(status, headers) {
      head = { status, headers };
      return { collectUpTo };
    },
    onData() {},
    onEnd() {},
    onBody(bytes) {
      try {
        const { status, headers } = head;
        accept({ body: acceptBody(status, headers, bytes, decodeFailure), bytes, headers });
      } catch (error) {
        reject(error);
      }
    },
    onError: (error) => reject(transportFailure(error, signal)),
  };
}

/** The JSON of a good answer; throws for everything else. */
export function acceptBody(
  status: number,
  headers: HeaderMap,
  bytes: Buffer,
  decodeFailure: Dialect['decodeFailure'],
): unknown {
  if (status !== 200) throw new UpstreamFailureError(decodeFailure(status, headers, readJsonOrText(bytes)));
  // Compression was not asked for, and a small compressed body can hold gigabytes.
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw badAnswer('the answer is compressed');
  }
  if (!isUtf8(bytes)) throw badAnswer('the answer is no UTF-8');
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    throw badAnswer('the answer is no JSON');
  }
}
