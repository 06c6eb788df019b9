import type { ChatCompletion, ChatUsage, Embedding } from '@parley/contracts';
import type { Loss } from '@parley/dialects';
import type { LiveStream } from './live-stream.ts';

/** A complete answer. `bytes` are what the client gets when they can be relayed as they came. */
export type WholeAnswer = { kind: 'whole'; completion: ChatCompletion; bytes: Buffer | null; losses: Loss[] };

/** A stream whose answer has begun. */
export type StreamAnswer = { kind: 'stream'; stream: LiveStream; losses: Loss[] };

export type Answer = WholeAnswer | StreamAnswer;

/** Embeddings for every input. `bytes` as above. */
export type EmbeddingsAnswer = {
  kind: 'embeddings';
  data: Embedding[];
  /** Null: the provider did not count, or not every call. */
  promptTokens: number | null;
  bytes: Buffer | null;
  losses: Loss[];
};

/** Counts locally what a provider did not: from the length of the answer, since nothing else is kept. */
export type EstimateUsage = (outputChars: number) => ChatUsage;
