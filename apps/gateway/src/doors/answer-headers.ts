import type { Loss } from '@parley/dialects';
import type { Call, LimitStatus, ModelEntry, Runtime } from '@parley/inference';
import type { FastifyReply } from 'fastify';

/** A report that outgrows this would be refused by proxies as a header. */
const MAX_LOSSES_CHARS = 2000;

/** What every answer says about itself. Starts from what the CORS plugin put on the reply, since the reply is hijacked. */
export function answerHeaders(
  runtime: Runtime,
  call: Pick<Call, 'requestId' | 'key' | 'attempts'>,
  entry: ModelEntry | undefined,
  losses: readonly Loss[],
  reply: FastifyReply,
): Record<string, string | number> {
  const headers = reply.getHeaders() as Record<string, string | number>;
  headers['x-request-id'] = call.requestId;
  headers['request-id'] = call.requestId;
  headers['x-content-type-options'] = 'nosniff';
  if (entry) {
    headers['x-parley-model'] = asHeader(entry.deployment.id);
    headers['x-parley-attempts'] = call.attempts.length;
  }
  if (losses.length > 0) headers['x-parley-losses'] = describeLosses(losses);
  const { requests, tokens } = runtime.limits.statusOf(call.key);
  if (requests) addLimit(headers, 'requests', requests);
  if (tokens) addLimit(headers, 'tokens', tokens);
  return headers;
}

/** `param=action` pairs, such as `logprobs=dropped, temperature=emulated`. */
function describeLosses(losses: readonly Loss[]): string {
  return asHeader(
    losses
      .map(({ param, action }) => `${param}=${action}`)
      .join(', ')
      .slice(0, MAX_LOSSES_CHARS),
  );
}

function addLimit(
  headers: Record<string, string | number>,
  kind: string,
  { limit, remaining, resetMs }: LimitStatus,
): void {
  headers[`x-ratelimit-limit-${kind}`] = limit;
  headers[`x-ratelimit-remaining-${kind}`] = remaining;
  headers[`x-ratelimit-reset-${kind}`] = `${Math.max(0, Math.ceil(resetMs / 1000))}s`;
}

/** Model names and fields come from callers, and a header takes visible ASCII only. */
const asHeader = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');
