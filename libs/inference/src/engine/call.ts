import type { ChatUsage, ErrorCode } from '@parley/contracts';
import type { AnswerTo, Door, EmbeddingsDoor, EmbeddingsSource, Loss, SourceRequest } from '@parley/dialects';
import type { StoredKey } from '@parley/persistence';
import type { Answer, EmbeddingsAnswer, FinishedChoices, FinishedParts, PaidCall } from '@parley/providers';
import type { ModelEntry } from '../configuration/deployments.ts';
import type { TokenCounts } from '../accounting/price.ts';
import type { TextSample } from '../accounting/text-sample.ts';
import { estimateUsage, samplePrompt } from '../accounting/token-counts.ts';

export type CallMode = 'sync' | 'stream' | 'batch';

/** What a body asks for: the part of a call in which its kinds differ. */
export type Asked =
  | {
      kind: 'chat';
      door: Door;
      /** Undefined once a stream's answer has begun: no further attempt is made, and the request can be large. */
      source: SourceRequest | undefined;
      /** Set when the source is let go, for estimates. */
      prompt?: TextSample;
      /** Absent: nobody asked for the answer to be stored. */
      keep?: KeepAnswer;
      /** The deployment that made the reasoning state in the request, or the response it goes on from, where that is known. */
      madeBy?: string | undefined;
      /** Absent: one choice is asked for. */
      finished?: FinishedChoices;
    }
  | { kind: 'embeddings'; source: EmbeddingsSource; door?: EmbeddingsDoor; finished: FinishedParts };

/**
 * Stores the answer, as the JSON that its client gets, and the id of the deployment that gave it, before the client hears
 * that it is complete. Rejects with the client's error where it had to be stored; where it only would have been, gives
 * the loss.
 */
export type KeepAnswer = (answer: string, deploymentId: string) => Promise<Loss[]>;

/** One client call from its arrival to its settlement; made by a door or by the batch worker. */
export type Call = Asked & {
  requestId: string;
  /** Whose call it is. */
  key: StoredKey;
  /** The route's template, such as `/v1/chat/completions`. */
  route: string;
  mode: CallMode;
  /** As the caller asked for it, before routing. */
  model: string;
  /** Refuse instead of dropping what a provider cannot do. */
  strict: boolean;
  /** Wall clock, for records. */
  startedAt: Date;
  /** On `performance.now()`'s clock, for durations. */
  startedAtMs: number;
  /** The total deadline over all attempts, on the same clock. */
  deadlineAtMs: number;
  /** Aborted when the caller leaves or the deadline passes, with a GatewayError as its reason. */
  signal: AbortSignal;
  /** Every try so far, in order. */
  attempts: Attempt[];
  batchId?: string;
  /** Whether it counts among the running calls of its key. */
  admitted?: boolean;
};

export type ChatCall = Extract<Call, { kind: 'chat' }>;
export type EmbeddingsCall = Extract<Call, { kind: 'embeddings' }>;

export type Outcome = 'success' | 'error' | 'rejected' | 'cancelled';

/** One try of one deployment. Filled in as it goes; complete when the call is settled. */
export type Attempt = {
  entry: ModelEntry;
  startedAt: Date;
  startedAtMs: number;
  outcome: Outcome | null;
  /** HTTP status of the provider's answer, where there was one. */
  status: number | null;
  errorCode: ErrorCode | null;
  ttftMs: number | null;
  durationMs: number | null;
  /** Where it was made of several calls: those that were answered. */
  paid?: PaidCall[];
  tokens: TokenCounts | null;
  costNanoUsd: number | null;
  /** Of the price that made the cost; null: none did, or it is not from the table of models. */
  priceVersion: number | null;
};

/** What an answer may repeat of its call. */
export function answerTo({ requestId, source, startedAt }: ChatCall): AnswerTo {
  return {
    body: source?.body,
    answerId: requestId.replace(/^req_/, ''),
    created: Math.floor(startedAt.getTime() / 1000),
  };
}

/** Lets go of what a running stream no longer needs. */
export function releaseSource(call: Call): void {
  if (call.kind !== 'chat' || !call.source) return;
  call.prompt = samplePrompt(call.source.request);
  call.source = undefined;
}

const NOTHING: TextSample = { chars: 0, text: '' };

/** Counts locally what the provider did not. Of a stream's output only the number of characters is kept. */
export function estimateCall(call: ChatCall, output: TextSample | number): ChatUsage {
  const prompt = call.prompt ?? (call.source ? samplePrompt(call.source.request) : NOTHING);
  const upstreamModel = call.attempts.at(-1)?.entry.deployment.target.upstreamModel ?? call.model;
  return estimateUsage(prompt, typeof output === 'number' ? { chars: output, text: '' } : output, upstreamModel);
}

/** What answered: the deployment that the client's answer came from. */
export type Answered = { answer: Answer | EmbeddingsAnswer; entry: ModelEntry };

/** Asks one deployment once, as part of a call. The resilience functions wrap one of these in another. */
export type Invoke = (call: Call, entry: ModelEntry) => Promise<Answered['answer']>;
