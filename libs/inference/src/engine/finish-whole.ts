import type { ChatUsage } from '@parley/contracts';
import { embeddingsResponse, embeddingsUsage, type Target } from '@parley/dialects';
import type { EmbeddingsAnswer, WholeAnswer } from '@parley/providers';
import type { Ending } from '../accounting/settle.ts';
import { sampleCompletion } from '../accounting/token-counts.ts';
import { answerTo, estimateCall, type Answered, type Call, type ChatCall, type EmbeddingsCall } from './call.ts';

/** A whole answer as its caller gets it, and what it means for the books. */
export type FinishedAnswer = {
  /** The provider's own bytes, where they are right as they are; else `body` is to be written. */
  bytes: Buffer | null;
  body: () => unknown;
  ending: Ending;
};

/** Puts a whole answer into the caller's format, with usage counted here where the provider counted nothing. */
export function finishWhole(call: Call, { answer, entry }: Answered): FinishedAnswer {
  if (call.kind === 'chat' && answer.kind === 'whole') return finishChat(call, answer);
  if (call.kind === 'embeddings' && answer.kind === 'embeddings') {
    return finishEmbeddings(call, answer, entry.deployment.target);
  }
  throw new TypeError(`the answer "${answer.kind}" is no whole one to a call for ${call.kind}`);
}

function finishChat(call: ChatCall, { usage, completion, bytes, state }: WholeAnswer): FinishedAnswer {
  const estimate = (): ChatUsage => estimateCall(call, sampleCompletion(completion()));
  return {
    bytes,
    body: () => call.door.encodeResponse({ ...completion(), usage: usage ?? estimate() }, answerTo(call)),
    ending: { status: 200, usage, estimate, state },
  };
}

function finishEmbeddings({ door }: EmbeddingsCall, answer: EmbeddingsAnswer, target: Target): FinishedAnswer {
  return {
    bytes: answer.bytes,
    body: () => (door ? door.encodeResponse(answer) : embeddingsResponse(answer, target)),
    ending: { status: 200, usage: embeddingsUsage(answer.promptTokens) },
  };
}
