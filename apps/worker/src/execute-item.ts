import type { BatchEndpoint } from '@parley/contracts';
import type { RecordUsage, UsageRow } from '@parley/persistence';

/** One line of a batch, as the inference room gets it. */
export type ItemCall = {
  batchId: string;
  line: number;
  customId: string;
  /** The key that the batch was made with: it pays. */
  ownerKeyId: string;
  endpoint: BatchEndpoint;
  /** The JSON of the line's `body`, as uploaded. */
  body: Buffer;
  /** Counts from 1. */
  attempt: number;
  /** Aborted when the batch is cancelled, when the worker stops, and when the item was given to another worker. */
  signal: AbortSignal;
};

export type ItemOutcome = {
  statusCode: number;
  requestId: string;
  /** A completion, or an error in the shape of the endpoint. */
  body: unknown;
  /** Whether the same call may succeed later. */
  retryable: boolean;
  /** Not before this long from now. */
  retryAfterMs?: number;
  /** Whether a provider was asked. What was only held back by a limit or an open circuit may wait, and is no try. */
  wasTried: boolean;
  /** Stored in one transaction with the result; null: there is nothing to record. */
  usage: UsageRow | null;
};

/** Makes the call of one item. A failure is an outcome; a rejection means a defect, or that `signal` was aborted. */
export type ExecuteItem = (call: ItemCall) => Promise<ItemOutcome>;

/** What the worker is told about the room that makes the calls. */
export type Execution = { executeItem: ExecuteItem; recordUsage: RecordUsage };

/** `concurrency`: items that run at the same time in this process, over all batches. */
export type BoundedExecution = Execution & { concurrency: number };

/** Injection token of a `BoundedExecution`. */
export const EXECUTION = Symbol('Execution');
