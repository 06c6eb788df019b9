import type { ChatUsage } from '@parley/contracts';
import { chatDoor } from '@parley/dialects';
import { estimateCall, type ChatCall, type Deadline, type ModelEntry, type Runtime } from '@parley/inference';
import { invoke, type ListedModel } from '@parley/providers';
import type { IdentifiedRequest } from '../admission/caller.ts';
import { readSource } from '../doors/read-source.ts';

const SILENCE_MS = 30_000;
/** Enough for a model that reasons before it says a word. */
const MAX_TOKENS = 64;

/**
 * Makes one tiny call straight to a deployment, past retries, limits and circuits: a test must see the provider as it is.
 * It is paid for like any other call, so it is in the ledger like any other.
 */
export async function makeTestCall(
  runtime: Runtime,
  entry: ModelEntry,
  request: IdentifiedRequest,
  deadline: { signal: Deadline['signal']; atMs: number },
): Promise<void> {
  const call = openTestCall(entry, request, deadline);
  const { source, startedAt } = call;
  const estimate = (chars: number): ChatUsage => estimateCall(call, chars);
  try {
    const answer = await invoke(
      runtime.pools,
      entry.deployment,
      entry.deployment.credentials[0],
      {
        source: source!,
        door: chatDoor,
        stream: false,
        strict: false,
        fallbackId: request.id,
        created: Math.floor(startedAt.getTime() / 1000),
        signal: deadline.signal,
        estimateUsage: estimate,
      },
      { beforeHeadMs: SILENCE_MS, withinBodyMs: SILENCE_MS },
    );
    const usage = answer.kind === 'whole' ? answer.usage : null;
    runtime.settle(call, { status: 200, usage, estimate: () => estimate(MAX_TOKENS) });
  } catch (error) {
    runtime.settle(call, { error, status: null });
    throw error;
  }
}

function openTestCall(
  entry: ModelEntry,
  request: IdentifiedRequest,
  deadline: { signal: AbortSignal; atMs: number },
): ChatCall {
  const body = {
    model: entry.deployment.id,
    messages: [{ role: 'user', content: 'Say OK.' }],
    max_completion_tokens: MAX_TOKENS,
  };
  const { bytes, members, value } = readSource(Buffer.from(JSON.stringify(body)));
  const [startedAt, startedAtMs] = [new Date(), performance.now()];
  return {
    kind: 'chat',
    door: chatDoor,
    source: { bytes, members, body: value, request: chatDoor.decodeRequest(value) },
    requestId: request.id,
    key: request.caller,
    route: request.routeOptions.url ?? '',
    mode: 'sync',
    model: body.model,
    strict: false,
    startedAt,
    startedAtMs,
    deadlineAtMs: deadline.atMs,
    signal: deadline.signal,
    attempts: [
      {
        entry,
        startedAt,
        startedAtMs,
        outcome: null,
        status: null,
        errorCode: null,
        ttftMs: null,
        durationMs: null,
        tokens: null,
        costNanoUsd: null,
        priceVersion: null,
      },
    ],
  };
}

/**
 * The model to try: the cheapest that the table has for the connection, if possible one that the provider lists as well;
 * where the table has none, the first one listed that is for chat.
 */
export function chooseTestModel(
  { configuration }: Runtime,
  connection: string,
  listed: readonly ListedModel[],
): ModelEntry | undefined {
  const { models, passthrough, connections } = configuration.current;
  const names = new Set(listed.map(({ id }) => id));
  const known = [...models.values()].filter(
    ({ deployment, stored }) =>
      deployment.connection === connection && stored?.isAvailable && deployment.target.capabilities.embeddings !== true,
  );
  const both = known.filter((entry) => names.has(entry.deployment.target.upstreamModel));
  const [cheapest] = (both.length > 0 ? both : known).sort(byPrice);
  if (cheapest) return cheapest;
  const provider = connections.get(connection)?.provider;
  const isForChat = (id: string): boolean => provider?.isChatModel?.(id) ?? !provider?.isEmbeddingModel?.(id);
  const first = listed.find((model) => model.isForChat ?? isForChat(model.id));
  return first && passthrough.find(`${connection}/${first.id}`);
}

/** The unknown price comes last: it may be any. */
function byPrice(a: ModelEntry, b: ModelEntry): number {
  const [left, right] = [a.price?.output ?? null, b.price?.output ?? null];
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
  return left < right ? -1 : left > right ? 1 : 0;
}
