import { invalidRequest, type ChatCompletion, type ChatUsage } from '@parley/contracts';
import { oneChoiceOf, TranslatedStream, UpstreamFailureError, type Door, type Loss } from '@parley/dialects';
import type { Answer, PaidCall, StreamAnswer, WholeAnswer } from './answer.ts';
import { namerOf } from './client-params.ts';
import type { Credential, Deployment } from './deployment.ts';
import type { UpstreamPools } from './http/pools.ts';
import { invoke, type Invocation, type SilenceLimits } from './invoke.ts';
import { MergedStream } from './merged-stream.ts';
import { sumUsage } from './sum-usage.ts';

/** A request for several choices. */
export type ChoicesInvocation = Invocation & {
  /** Whole answers that came before another call failed: a retry does not ask and pay for them again. */
  finished: FinishedChoices;
  /** Hears of every call that was answered, once, whatever becomes of the others. */
  pay: (call: PaidCall) => void;
  /** As `estimateUsage`, from an answer that is there. */
  estimateWhole: (completion: ChatCompletion) => ChatUsage;
};

/** By the id of the deployment, in the order of the choices; those that have not come are holes. */
export type FinishedChoices = Map<string, FinishedChoice[]>;
type FinishedChoice = { answer: WholeAnswer; paid: PaidCall };

/** Each call is an answer of its own, and all of them run at once. */
const MAX_CALLS = 16;
const emulatedFor = (door: Door): Loss => ({
  param: namerOf(door)('n'),
  action: 'emulated',
  reason: 'asked for by several calls',
});
const droppedFor = (door: Door, given: number): Loss => ({
  param: namerOf(door)('n'),
  action: 'dropped',
  reason: `the provider gave ${given}`,
});
/** Of which nothing said that a call gives one choice, until one was asked for several: servers that ignore `n`. */
const givingOne = new WeakSet<Deployment>();

/** Asks for one of the choices. Rejects like `invoke`. */
type AskForChoice = (index: number, signal: AbortSignal, door?: Door) => Promise<Answer>;

/**
 * Asks one deployment once for several choices: in one call where it gives them, else in as many calls, whose answers are
 * put together. A whole answer shows whether it does. Rejects like `invoke`, and with `invalid_request` where that would be
 * too many calls.
 */
export async function invokeForChoices(
  pools: UpstreamPools,
  deployment: Deployment,
  credential: Credential | undefined,
  invocation: ChoicesInvocation,
  limits: SilenceLimits,
): Promise<Answer> {
  const { source, door, fallbackId } = invocation;
  const { dialect, target } = deployment;
  const count = source.request.n ?? 1;
  if (!givingOne.has(deployment) && !dialect.givesOneChoice?.(source.request, target)) {
    const answer = await invoke(pools, deployment, credential, invocation, limits);
    const given = answer.kind === 'whole' ? answer.completion().choices.length : count;
    if (given >= count) return answer;
    if (given !== 1 || count > MAX_CALLS) return { ...answer, losses: [...answer.losses, droppedFor(door, given)] };
    givingOne.add(deployment);
    finishChoice(0, answer as WholeAnswer, deployment, invocation);
  }
  if (count > MAX_CALLS) {
    throw invalidRequest(
      namerOf(door)('n'),
      `must be at most ${MAX_CALLS} for this model, which gives one choice in a call`,
    );
  }
  const relay = door.dialect === dialect.id ? door.relay : undefined;
  const ask: AskForChoice = (index, signal, ownDoor = door) => {
    // Also the names of tool calls come of it, where the provider gives none.
    const ownId = index === 0 ? fallbackId : `${fallbackId}n${index}`;
    const own = oneChoiceOf(source, index, relay);
    const one = { ...invocation, source: own, door: ownDoor, fallbackId: ownId, signal };
    return invoke(pools, deployment, credential, one, limits);
  };
  return invocation.stream
    ? askForStreams(ask, count, deployment, invocation)
    : askForWhole(ask, count, deployment, invocation);
}

async function askForWhole(
  ask: AskForChoice,
  count: number,
  deployment: Deployment,
  invocation: ChoicesInvocation,
): Promise<WholeAnswer> {
  const { signal } = invocation;
  const finished = finishedOf(deployment, invocation);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const askOne = async (index: number): Promise<void> => {
    if (finished[index]) return;
    try {
      const answer = await ask(index, either);
      if (answer.kind !== 'whole') throw new TypeError('a whole answer was asked for');
      finishChoice(index, answer, deployment, invocation);
    } catch (error) {
      failures.push(error);
      // Where the failure can be mended by asking again, the others are waited for: they will not be asked again.
      if (!isRetryable(error)) stop.abort(error);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, index) => askOne(index)));
  if (failures.length > 0) throw failures.find((error) => !isRetryable(error)) ?? failures[0];
  const losses = [...finished[0]!.answer.losses, emulatedFor(invocation.door)];
  const completion = joinCompletions(finished);
  return { kind: 'whole', usage: completion.usage ?? null, completion: () => completion, bytes: null, losses };
}

function finishedOf({ id }: Deployment, { finished }: ChoicesInvocation): FinishedChoice[] {
  const known = finished.get(id) ?? [];
  finished.set(id, known);
  return known;
}

function finishChoice(index: number, answer: WholeAnswer, deployment: Deployment, invocation: ChoicesInvocation): void {
  const usage = answer.usage ?? invocation.estimateWhole(answer.completion());
  const paid = { usage, isEstimated: !answer.usage };
  finishedOf(deployment, invocation)[index] = { answer, paid };
  invocation.pay(paid);
}

const isRetryable = (error: unknown): boolean => error instanceof UpstreamFailureError && error.failure.retryable;

function joinCompletions(finished: readonly FinishedChoice[]): ChatCompletion {
  const [first, ...others] = finished.map(({ paid }) => paid.usage);
  return {
    ...finished[0]!.answer.completion(),
    choices: finished.map(({ answer }, index) => ({ ...answer.completion().choices[0]!, index })),
    usage: sumUsage([first!, ...others]),
  };
}

/** Resolves when every one of the streams has begun: what fails before that, the client never saw. */
async function askForStreams(
  ask: AskForChoice,
  count: number,
  { dialect }: Deployment,
  { door, source, fallbackId, created, signal, estimateUsage, pay }: ChoicesInvocation,
): Promise<StreamAnswer> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const encoder = door.openStreamEncoder({ body: source.body, answerId: fallbackId, created });
  const includeUsage = source.request.stream_options?.include_usage === true;
  const merged = new MergedStream(count, { encoder, includeUsage, estimateUsage, pay, stop });
  const askOne = async (index: number): Promise<Loss[]> => {
    const part = merged.encoderOf(index);
    // A stream of the door's own format is read as well: its bytes know nothing of the other choices.
    const openStream: Door['relay']['openStream'] = (context, options) =>
      new TranslatedStream(dialect.openStreamDecoder(context), part, options.includeUsage, dialect.openEventReader?.());
    const own: Door = { ...door, openStreamEncoder: () => part, relay: { ...door.relay, openStream } };
    const answer = await ask(index, either, own);
    if (answer.kind !== 'stream') throw new TypeError('a stream was asked for');
    merged.add(answer.stream);
    return answer.losses;
  };
  try {
    const asked = Promise.all(Array.from({ length: count }, (_, index) => askOne(index)));
    const [losses] = await Promise.race([asked, merged.broken]);
    merged.begin();
    return { kind: 'stream', stream: merged, losses: [...losses!, emulatedFor(door)] };
  } catch (error) {
    merged.breakOff(error);
    throw error;
  }
}
