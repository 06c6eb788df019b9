import { GatewayError, invalidRequest } from '@parley/contracts';
import { openDeadline, type Deadline, type Runtime } from '@parley/inference';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Drain } from '../health/drain.ts';

/**
 * Opens the one deadline of what a request asks for. It ends too when the caller leaves, also before the first byte, since
 * nobody pays for what nobody reads, and when this process does. Throws `invalid_request`.
 */
export function openRequestDeadline(
  { environment }: Runtime,
  drain: Drain,
  { headers }: FastifyRequest,
  { raw }: FastifyReply,
): { deadline: Deadline; timeoutMs: number } {
  const timeoutMs = readTimeoutMs(headers['x-parley-timeout-ms'], environment.REQUEST_TIMEOUT_S * 1000);
  const deadline = openDeadline(timeoutMs);
  drain.track(deadline, raw);
  const onClose = (): void => {
    if (!raw.writableFinished) deadline.abort(new GatewayError('client_closed_request'));
  };
  raw.once('close', onClose);
  if (raw.destroyed) onClose();
  return { deadline, timeoutMs };
}

/** Callers may be less patient than the operator, never more. */
function readTimeoutMs(asked: unknown, longestMs: number): number {
  if (asked === undefined) return longestMs;
  const value = Number(asked);
  if (!Number.isInteger(value) || value < 1) {
    throw invalidRequest('x-parley-timeout-ms', 'must be a whole number of milliseconds');
  }
  return Math.min(value, longestMs);
}
