import {
  deploymentFor,
  invoke,
  invokeEmbeddings,
  invokeForChoices,
  type ChoicesInvocation,
  type Credential,
  type EmbeddingsInvocation,
  type Invocation,
  type PaidCall,
  type SilenceLimits,
  type UpstreamPools,
} from '@parley/providers';
import { estimateEmbeddings, sampleCompletion } from '../accounting/token-counts.ts';
import type { KeyLimits } from '../admission/key-limits.ts';
import type { ModelEntry } from '../configuration/deployments.ts';
import type { Snapshot } from '../configuration/snapshot.ts';
import { withCircuit, type Circuits } from '../resilience/circuits.ts';
import { sleep } from '../resilience/deadline.ts';
import { withFallback } from '../resilience/fallback.ts';
import { withRetry } from '../resilience/retry.ts';
import type { RetryBudget } from '../resilience/retry-budget.ts';
import { keepAble } from '../routing/keep-able.ts';
import type { FollowUps } from '../routing/follow-ups.ts';
import { planRoute } from '../routing/plan.ts';
import type { CallTelemetry } from '../telemetry/call-telemetry.ts';
import { endAttempt, startAttempt } from './attempt.ts';
import { countTokens, type CountQuestion } from './count-tokens.ts';
import {
  answerTo,
  estimateCall,
  releaseSource,
  type Answered,
  type Attempt,
  type Call,
  type ChatCall,
  type EmbeddingsCall,
  type Invoke,
} from './call.ts';

export type EngineTools = {
  pools: UpstreamPools;
  circuits: Circuits;
  budget: RetryBudget;
  limits: KeyLimits;
  followUps: FollowUps;
  telemetry: CallTelemetry;
  snapshot: () => Snapshot;
};

/** A provider may think for long before its first byte; in the middle of an answer silence means that it hangs. */
const SILENCE_STEP_MS = 10_000;
const WITHIN_WHOLE_BODY_MS = 60_000;
const WITHIN_STREAM_MS = 300_000;

/** What happens to every call, live or in batch: admission, routing, and the attempts with their resilience. */
export class Engine {
  private readonly ask: ReturnType<typeof withFallback>;

  constructor(private readonly tools: EngineTools) {
    const { circuits, budget, telemetry } = tools;
    const retried = withRetry(
      withCircuit((call, entry) => this.attempt(call, entry), circuits),
      {
        budget,
        random: Math.random,
        now: () => performance.now(),
        sleep,
        onRetry: (provider, error) => telemetry.countRetry(provider, error.failure.code),
      },
    );
    this.ask = withFallback(retried, (note) => telemetry.countFallback(note));
  }

  /**
   * Resolves when the answer is whole or its stream has begun; the caller then delivers it and settles the call. Rejects
   * with the error that the client is to see.
   */
  async run(call: Call): Promise<Answered> {
    const { snapshot, limits, followUps } = this.tools;
    const possible = keepAble(planRoute(snapshot(), call.key, call.model, Math.random), call);
    const { plan, marks } = call.kind === 'chat' ? followUps.order(possible, call) : { plan: possible, marks: [] };
    limits.enter(call);
    const answered = await this.ask(call, plan);
    followUps.noteAnswer(marks, answered.entry);
    return answered;
  }

  /** How many tokens a request holds, in the door's words. Rejects as a call would. */
  countTokens(question: CountQuestion): Promise<unknown> {
    return countTokens(this.tools, question);
  }

  private readonly attempt: Invoke = async (call, entry) => {
    const attempt = startAttempt(entry);
    call.attempts.push(attempt);
    try {
      const answer = await this.send(call, entry);
      if (answer.kind !== 'stream') endAttempt(attempt, undefined);
      else {
        attempt.ttftMs = answer.stream.begunAtMs! - attempt.startedAtMs;
        releaseSource(call);
      }
      return answer;
    } catch (error) {
      endAttempt(attempt, error);
      throw error;
    }
  };

  private send(call: Call, entry: ModelEntry): ReturnType<Invoke> {
    const { strict, signal } = call;
    const { pools } = this.tools;
    const credential = chooseCredential(entry, call.attempts.length);
    const silence: SilenceLimits = {
      // Rounded up: the deadline itself ends the call in time, and the HTTP client keeps a timer whose length is the same.
      beforeHeadMs: Math.ceil((call.deadlineAtMs - performance.now()) / SILENCE_STEP_MS + 1) * SILENCE_STEP_MS,
      withinBodyMs: call.mode === 'stream' ? WITHIN_STREAM_MS : WITHIN_WHOLE_BODY_MS,
    };
    if (call.kind === 'embeddings') {
      return invokeEmbeddings(pools, entry.deployment, credential, forParts(call), silence);
    }
    const { answerId, created } = answerTo(call);
    const invocation: Invocation = {
      ...this.tools.followUps.carriedTo(entry, call),
      door: call.door,
      stream: call.mode === 'stream',
      strict,
      fallbackId: answerId,
      created,
      signal,
      estimateUsage: (outputChars) => estimateCall(call, outputChars),
    };
    const deployment = deploymentFor(entry.deployment, call.door.dialect);
    if ((invocation.source.request.n ?? 1) === 1) return invoke(pools, deployment, credential, invocation, silence);
    return invokeForChoices(pools, deployment, credential, forChoices(call, invocation), silence);
  }
}

/** What is remembered of several calls for one request: by the call what is not to be asked again, by each attempt its cost. */
function forChoices(call: ChatCall, invocation: Invocation): ChoicesInvocation {
  return {
    ...invocation,
    finished: (call.finished ??= new Map()),
    pay: payBy(call.attempts.at(-1)!),
    estimateWhole: (completion) => estimateCall(call, sampleCompletion(completion)),
  };
}

function forParts(call: EmbeddingsCall): EmbeddingsInvocation {
  return { ...call, pay: payBy(call.attempts.at(-1)!), estimateUsage: estimateEmbeddings };
}

const payBy = (attempt: Attempt) => (paid: PaidCall) => (attempt.paid ??= []).push(paid);

/** Several credentials of one connection take turns, so that a retry meets another one. */
function chooseCredential(entry: ModelEntry, attempt: number): Credential | undefined {
  const { credentials } = entry.deployment;
  return credentials[(attempt - 1) % Math.max(1, credentials.length)];
}
