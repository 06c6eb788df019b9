import { GatewayError, type AttemptSummary } from '@parley/contracts';
import { UpstreamFailureError } from '@parley/dialects';
import type { Answered, Attempt, Call, Invoke } from '../engine/call.ts';
import type { Plan } from '../routing/plan.ts';
import { codeOf, mayFallBack, toGatewayError } from './verdict.ts';

export type FallbackNote = { from: string; to: string; reason: string; succeeded: boolean };

/**
 * Asks the deployments of the plan in order until one answers. What reaches the caller when none does: the failure
 * itself where there was one deployment, `all_providers_failed` with the list of attempts where there were several, and
 * with the shortest wait that any of them named.
 */
export function withFallback(
  invoke: Invoke,
  onFallback: (note: FallbackNote) => void,
): (call: Call, plan: Plan) => Promise<Answered> {
  return async (call, plan) => {
    let last: { error: unknown; provider: string } | undefined;
    const waitsMs: number[] = [];
    for (const entry of plan) {
      const { deployment } = entry;
      const note = (succeeded: boolean): void => {
        if (last)
          onFallback({ from: last.provider, to: deployment.provider.id, reason: codeOf(last.error), succeeded });
      };
      try {
        const answer = await invoke(call, entry);
        note(true);
        return { answer, entry };
      } catch (error) {
        note(false);
        if (plan.length === 1 || !mayFallBack(error)) {
          throw toGatewayError(error, deployment.connection, deployment.target.upstreamModel);
        }
        last = { error, provider: deployment.provider.id };
        const waitMs = retryAfterOf(error);
        if (waitMs !== undefined) waitsMs.push(waitMs);
      }
    }
    throw allFailed(call.attempts, waitsMs, last?.error);
  };
}

function retryAfterOf(error: unknown): number | undefined {
  if (error instanceof UpstreamFailureError) return error.failure.retryAfterMs;
  return error instanceof GatewayError ? error.details.retryAfterMs : undefined;
}

function allFailed(attempts: readonly Attempt[], waitsMs: readonly number[], cause: unknown): GatewayError {
  const summaries = attempts.map(summarise);
  return new GatewayError(
    'all_providers_failed',
    {
      attempts: summaries,
      values: { count: summaries.length },
      ...(waitsMs.length > 0 && { retryAfterMs: Math.min(...waitsMs) }),
    },
    { cause },
  );
}

const summarise = ({ entry, errorCode, durationMs }: Attempt): AttemptSummary => ({
  provider: entry.deployment.connection,
  model: entry.deployment.id,
  code: errorCode ?? 'internal_error',
  duration_ms: Math.round(durationMs ?? 0),
});
