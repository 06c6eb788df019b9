import { UpstreamFailureError, type CountDoor, type SourceRequest } from '@parley/dialects';
import type { StoredKey } from '@parley/persistence';
import { askForTokenCount, countsTokens, deploymentFor } from '@parley/providers';
import { estimateUsage, samplePrompt } from '../accounting/token-counts.ts';
import { toGatewayError } from '../resilience/verdict.ts';
import { keepAble } from '../routing/keep-able.ts';
import { planRoute } from '../routing/plan.ts';
import type { EngineTools } from './engine.ts';

export type CountQuestion = { key: StoredKey; door: CountDoor; source: SourceRequest; signal: AbortSignal };

/** Servers of a known format need not have every part of it. */
const NO_SUCH_ROUTE: ReadonlySet<number | null> = new Set([404, 405, 501]);

/**
 * How many tokens a request holds, in the door's words: exactly where its first deployment counts, else estimated. Nothing
 * is generated, so nothing is paid for or written to the ledger; it counts among the requests of its key. Rejects as a
 * call would.
 */
export async function countTokens(
  { snapshot, pools, limits }: Pick<EngineTools, 'snapshot' | 'pools' | 'limits'>,
  question: CountQuestion,
): Promise<unknown> {
  const { key, door, source, signal } = question;
  const { model } = source.request;
  const [entry] = keepAble(planRoute(snapshot(), key, model, Math.random), { kind: 'chat', model });
  const deployment = deploymentFor(entry.deployment, door.dialect);
  const entrant = { key };
  limits.enter(entrant);
  try {
    if (countsTokens(deployment)) {
      return await askForTokenCount(pools, deployment, deployment.credentials[0], question, signal);
    }
  } catch (error) {
    if (!lacksCounting(error)) throw toGatewayError(error, deployment.connection, deployment.target.upstreamModel);
  } finally {
    limits.leave(entrant, 0);
  }
  const usage = estimateUsage(samplePrompt(source.request), { chars: 0, text: '' }, deployment.target.upstreamModel);
  return door.encodeCount(usage.prompt_tokens);
}

function lacksCounting(error: unknown): boolean {
  if (!(error instanceof UpstreamFailureError)) return false;
  const { code, upstream } = error.failure;
  // A provider that misses the model says so; a 404 without a word of it is the path's.
  const lacksModel = code === 'model_not_found' && /\bmodels?\b/i.test(upstream.message ?? '');
  return NO_SUCH_ROUTE.has(upstream.status) && !lacksModel;
}
