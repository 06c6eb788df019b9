import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { ItemResult, ResultStore, StoredResults } from '@parley/persistence';

const MAX_GROUP = 200;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2_000;
/** A result is paid for: it waits this long for Postgres to come back before it is given up. */
const RETRY_FOR_MS = 30_000;

/**
 * Writes results one transaction after the other. Those that arrive while one is under way share the next: under load
 * many items cost one commit, without load none waits.
 */
export class ResultWriter {
  readonly #store: Pick<ResultStore, 'store'>;
  readonly #onStored: (results: StoredResults) => void;
  readonly #logger: Logger;
  readonly #waiting: { result: ItemResult; settle: () => void }[] = [];
  #isWriting = false;

  /** `onStored` hears of every result that was stored, and of each batch whose last it was. */
  constructor(store: Pick<ResultStore, 'store'>, onStored: (results: StoredResults) => void, logger: Logger) {
    this.#store = store;
    this.#onStored = onStored;
    this.#logger = logger;
  }

  /** Resolves when the result is stored, is void because its lease was lost, or could not be stored. Never rejects. */
  write(result: ItemResult): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ result, settle: resolve });
    if (!this.#isWriting) void this.#writeAll();
    return promise;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_GROUP);
      await this.#writeGroup(group.map(({ result }) => result));
      for (const { settle } of group) settle();
    }
    this.#isWriting = false;
  }

  async #writeGroup(results: ItemResult[]): Promise<void> {
    const giveUpAt = Date.now() + RETRY_FOR_MS;
    for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)) {
      const error = await this.#tryStore(results);
      if (error === undefined) return;
      if (Date.now() + delayMs > giveUpAt) break;
      await sleep(delayMs);
    }
    // One result that Postgres refuses must not take the others with it. It is lost: its item will run again, and be
    // given up after a few times.
    for (const result of results) {
      const error = await this.#tryStore([result]);
      if (error !== undefined)
        this.#logger.error(`Result ${result.batchId}:${result.line} is lost: ${describeError(error)}`);
    }
  }

  async #tryStore(results: ItemResult[]): Promise<unknown> {
    try {
      this.#onStored(await this.#store.store(results));
      return undefined;
    } catch (error) {
      this.#logger.warn(`${results.length} results are not stored yet: ${describeError(error)}`);
      return error;
    }
  }
}

const describeError = (error: unknown): string => (error instanceof Error ? error.message : 'no reason given');
