import { GatewayError, type ChatUsage, type EmbeddingsRequest } from '@parley/contracts';
import {
  embeddingsUsage,
  inputsOf,
  joinEmbeddings,
  type CountedEmbeddings,
  type DecodedEmbeddings,
  type EmbeddingsDoor,
  type EmbeddingsFormat,
  type EmbeddingsSource,
  type Loss,
} from '@parley/dialects';
import type { EmbeddingsAnswer, PaidCall } from './answer.ts';
import type { Credential, Deployment } from './deployment.ts';
import { embeddingsPathOf, endpointFor } from './endpoint.ts';
import { hideSecret } from './hide-secret.ts';
import { Exchange } from './http/exchange.ts';
import type { UpstreamPools } from './http/pools.ts';
import type { SilenceLimits } from './invoke.ts';
import { embeddingsFormatFor } from './known-capabilities.ts';
import { refuseLosses } from './refuse-losses.ts';
import { send, type Call } from './send.ts';
import { readWhole, type WholeBody } from './whole-body.ts';

/** One request for embeddings as the caller made it, the same for every attempt. */
export type EmbeddingsInvocation = {
  source: EmbeddingsSource;
  /** Absent: the client speaks OpenAI's format. */
  door?: EmbeddingsDoor;
  /** Refuse instead of dropping what the target cannot do. */
  strict: boolean;
  signal: AbortSignal;
  /** Answers to parts of the request that came before another part failed: a retry does not ask and pay for them again. */
  finished: FinishedParts;
  /** Hears of every call that was answered, once, whatever becomes of the others. */
  pay: (call: PaidCall) => void;
  /** Counts the tokens of a call locally, where the provider did not. */
  estimateUsage: (request: EmbeddingsRequest) => ChatUsage;
};

/** By the id of the deployment, in the order of the parts; those that have not come are holes. */
export type FinishedParts = Map<string, CountedEmbeddings[]>;

/** Calls of one request at the same time: quick enough for large requests, and gentle on the provider's rate limit. */
const PARALLEL_CALLS = 4;
/** 2048 vectors of 3072 numbers, written out, are about 130 MiB. */
const ANSWER_BYTES = 192 * 1024 * 1024;

/** What stays the same over the calls of one request. */
type Asking = {
  deployment: Deployment;
  format: EmbeddingsFormat;
  /** Sends a body. Rejects like `invokeEmbeddings`. */
  post: (body: Buffer | string, signal: AbortSignal) => Promise<WholeBody>;
};

/**
 * Asks one deployment for embeddings, in several calls where it takes fewer inputs in one than were asked for. Rejects
 * with `UpstreamFailureError` when the provider failed, with `GatewayError` when the request cannot be put to it, with
 * the signal's reason when the caller gave up.
 */
export async function invokeEmbeddings(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  invocation: EmbeddingsInvocation,
  limits: SilenceLimits,
): Promise<EmbeddingsAnswer> {
  const format = embeddingsFormatFor(deployment);
  if (!format) throw new GatewayError('model_unavailable', { param: 'model', values: { model: deployment.id } });
  const post = openPost(pools, deployment, credential, format, limits);
  try {
    const asking = { deployment, format, post };
    const { request } = invocation.source;
    const isWhole = inputsOf(request).length <= format.maxInputs;
    const isOwn = !invocation.door && isWhole;
    return isOwn && format.relay ? await relay(asking, invocation) : await askInParts(asking, invocation);
  } catch (error) {
    throw hideSecret(error, credential?.secret);
  }
}

/** The client's own format: its bytes go up, and the answer's come down where they are right already. */
async function relay(
  { deployment, format, post }: Asking,
  invocation: EmbeddingsInvocation,
): Promise<EmbeddingsAnswer> {
  const { source, signal } = invocation;
  const { target } = deployment;
  const { body, bytes, headers } = await post(format.relay!.editRequest(source, target), signal);
  const decoded = format.decodeResponse(body, { request: source.request, headers });
  const answer = join(deployment, invocation, [countTokens(decoded, source.request, invocation)], []);
  // What the provider did not count is written into the answer, which is then no longer its own.
  const isFaithful = decoded.promptTokens !== null && format.relay!.isFaithful(body, source.request);
  return isFaithful ? { ...answer, bytes } : answer;
}

async function askInParts(asking: Asking, invocation: EmbeddingsInvocation): Promise<EmbeddingsAnswer> {
  const { deployment, format } = asking;
  const parts = splitRequest(invocation.source.request, format.maxInputs);
  // All inputs are of one kind, so the first part shows what is lost of every one: before anything is sent.
  const { losses } = format.encodeRequest(parts[0]!, deployment.target);
  refuseLosses(losses, invocation.strict, deployment.target);
  const finished = invocation.finished.get(deployment.id) ?? [];
  invocation.finished.set(deployment.id, finished);
  const stop = new AbortController();
  const signal = AbortSignal.any([invocation.signal, stop.signal]);
  try {
    await forEachLimited(parts, PARALLEL_CALLS, async (part, index) => {
      finished[index] ??= await askPart(asking, part, invocation, signal);
    });
    return join(deployment, invocation, finished, losses);
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

async function askPart(
  { deployment, format, post }: Asking,
  request: EmbeddingsRequest,
  invocation: EmbeddingsInvocation,
  signal: AbortSignal,
): Promise<CountedEmbeddings> {
  const encoded = format.encodeRequest(request, deployment.target);
  const { body, headers } = await post(JSON.stringify(encoded.body), signal);
  return countTokens(format.decodeResponse(body, { request, headers }), request, invocation);
}

/** Whatever becomes of an answer that is there, it is paid for. */
function countTokens(
  { vectors, promptTokens }: DecodedEmbeddings,
  request: EmbeddingsRequest,
  { pay, estimateUsage }: EmbeddingsInvocation,
): CountedEmbeddings {
  const isEstimated = promptTokens === null;
  const usage = isEstimated ? estimateUsage(request) : embeddingsUsage(promptTokens);
  pay({ usage, isEstimated });
  return { vectors, promptTokens: usage.prompt_tokens };
}

function join(
  { target }: Deployment,
  { source, strict }: EmbeddingsInvocation,
  parts: readonly CountedEmbeddings[],
  losses: readonly Loss[],
): EmbeddingsAnswer {
  const joined = joinEmbeddings(source.request, parts);
  refuseLosses(joined.losses, strict, target);
  return { kind: 'embeddings', ...joined, losses: [...losses, ...joined.losses], bytes: null };
}

function splitRequest(request: EmbeddingsRequest, size: number): EmbeddingsRequest[] {
  const inputs = inputsOf(request);
  const parts: EmbeddingsRequest[] = [];
  for (let start = 0; start < inputs.length; start += size) {
    parts.push({ ...request, input: inputs.slice(start, start + size) as EmbeddingsRequest['input'] });
  }
  return parts;
}

/** At most so many run at once; the first failure is the result, and nothing more is begun after it. */
async function forEachLimited<Item>(
  items: readonly Item[],
  limit: number,
  run: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries();
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      if (hasFailed) return;
      await run(item, index).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
}

function openPost(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  { id }: EmbeddingsFormat,
  { beforeHeadMs, withinBodyMs }: SilenceLimits,
): Asking['post'] {
  const { origin, headers, authorize } = endpointFor(deployment, credential);
  const path = embeddingsPathOf(deployment, id);
  const pool = pools.poolFor(origin, credential?.id ?? deployment.connection, deployment.allowPrivateNetwork);
  return (body, signal) =>
    new Promise((resolve, reject) => {
      const listener = readWhole(deployment.dialect.decodeFailure, signal, reject, resolve, ANSWER_BYTES);
      const times = { headersTimeout: beforeHeadMs, bodyTimeout: withinBodyMs };
      const call: Call = { origin, path, method: 'POST', headers, body, ...times };
      send(pool, call, authorize, new Exchange(listener, signal), signal);
    });
}
