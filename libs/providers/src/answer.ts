import type { ChatCompletion, ChatUsage, Embedding } from '@parley/contracts';
import type { Loss, StreamFacts } from '@parley/dialects';
import type { StreamSink } from './live-stream.ts';

/** A complete answer. `bytes` are what the client gets when they can be relayed as they came. */
export type WholeAnswer = {
  kind: 'whole';
  /** Null: the provider counted nothing. */
  usage: ChatUsage | null;
  /** What it means, read when somebody asks. */
  completion: () => ChatCompletion;
  bytes: Buffer | null;
  losses: Loss[];
  /** The last piece of opaque reasoning state in it. */
  state?: string | undefined;
};

/** A stream whose answer has begun. */
export type StreamAnswer = { kind: 'stream'; stream: AnswerStream; losses: Loss[] };

export type Answer = WholeAnswer | StreamAnswer;

/** A running stream, as those see it who deliver it and settle its call. */
export type AnswerStream = {
  readonly facts: StreamFacts;
  /** Moment of the first content, on `performance.now()`'s clock. */
  readonly begunAtMs: number | undefined;
  /** Pours what was held and all that follows. Called once. */
  pipe(sink: StreamSink): void;
  /** The sink has caught up. */
  resume(): void;
  /** See `StreamTransform.fail`. */
  failure(body: unknown, usage: ChatUsage): string | undefined;
};

/** Embeddings for every input. `bytes` as above. */
export type EmbeddingsAnswer = {
  kind: 'embeddings';
  data: Embedding[];
  /** Counted by the provider, or estimated where it did not. */
  promptTokens: number;
  bytes: Buffer | null;
  losses: Loss[];
};

/** Counts locally what a provider did not: from the length of the answer, since nothing else is kept. */
export type EstimateUsage = (outputChars: number) => ChatUsage;

/** What one call used that was answered, also where nothing came of it for the client: it is paid for. */
export type PaidCall = {
  usage: ChatUsage;
  /** The provider counted nothing, so that it was counted here. */
  isEstimated: boolean;
};
