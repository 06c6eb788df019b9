import { UpstreamFailureError, type Door, type SourceRequest } from '@parley/dialects';
import type { StoredKey } from '@parley/persistence';
import { askForTokenCount, countsTokens } from '@parley/providers';
import { estimateUsage, samplePrompt } from '../accounting/token-counts.ts';
import { toGatewayError } from '../resilience/verdict.ts';
import { keepAble } from '../routing/keep-able.ts';
import { planRoute } from '../routing/plan.ts';
import type { EngineTools } from './engine.ts';

export type CountQuestion = { key: StoredKey; door: Door; source: SourceRequest; signal: AbortSignal };

/** The provider's answer in the door's own format, or how many tokens the request's length makes. */
export type TokenCount = { counted: unknown } | { estimated: number };

/** Servers of a known format need not have every part of it. */
const NO_SUCH_ROUTE: ReadonlySet<number | null> = new Set([404, 405, 501]);

/**
 * How many tokens a request holds: exactly where its first deployment counts requests of this format, else estimated.
 * Rejects as a call would.
 */
export async function countTokens(
  { snapshot, pools, limits }: Pick<EngineTools, 'snapshot' | 'pools' | 'limits'>,
  question: CountQuestion,
): Promise<TokenCount> {
  const { key, door, source, signal } = question;
  const { model } = source.request;
  const [{ deployment }] = keepAble(planRoute(snapshot(), key, model, Math.random), { kind: 'chat', model });
  const entrant = { key };
  limits.enter(entrant);
  try {
    if (countsTokens(deployment, door)) {
      return { counted: await askForTokenCount(pools, deployment, deployment.credentials[0], question, signal) };
    }
  } catch (error) {
    if (!lacksCounting(error)) throw toGatewayError(error, deployment.connection, deployment.target.upstreamModel);
  } finally {
    limits.leave(entrant, 0);
  }
  const noOutput = { chars: 0, text: '' };
  const usage = estimateUsage(samplePrompt(source.request), noOutput, deployment.target.upstreamModel);
  return { estimated: usage.prompt_tokens };
}

function lacksCounting(error: unknown): boolean {
  if (!(error instanceof UpstreamFailureError) || error.failure.code === 'model_not_found') return false;
  return NO_SUCH_ROUTE.has(error.failure.upstream.status);
}
