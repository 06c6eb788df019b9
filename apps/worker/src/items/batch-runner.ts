import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { ItemStore, LeasedItem } from '@parley/persistence';
import type { ExecuteItem, ItemOutcome } from '../execute-item.ts';
import { startLoop, type Loop } from '../loop.ts';
import { defectOutcome, isSuccess, toResult } from './result-line.ts';
import type { ResultWriter } from './result-writer.ts';
import { MAX_ATTEMPTS, retryDelayMs } from './retry-delay.ts';

/** A quarter of the lease: three beats may fail before an item is lost. */
const HEARTBEAT_MS = 1_000;
/** How long aborted calls get to end before the process goes without them. */
const ABORT_GRACE_MS = 1_000;

export type BatchRunnerParts = {
  items: ItemStore;
  writer: Pick<ResultWriter, 'write'>;
  executeItem: ExecuteItem;
  /** Items that run at the same time in this process, over all batches. */
  concurrency: number;
  logger: Logger;
};

type RunningItem = { item: LeasedItem; abort: AbortController };

/** Runs the items of the batches it is woken for: leases what fits, calls, stores, until nothing is due. */
export class BatchRunner {
  readonly #parts: BatchRunnerParts;
  readonly #running = new Map<string, RunningItem>();
  /** Batches that may have items to lease, in the order in which they get their turn. */
  readonly #woken = new Set<string>();
  readonly #heartbeat: Loop;
  #isLeasing = false;
  #isStopping = false;

  constructor(parts: BatchRunnerParts) {
    this.#parts = parts;
    this.#heartbeat = startLoop(HEARTBEAT_MS, () => this.#renew(), parts.logger);
  }

  get runningItems(): number {
    return this.#running.size;
  }

  wake(batchId: string): void {
    this.#woken.add(batchId);
    void this.#leaseAll();
  }

  /**
   * Leases nothing more, lets the running items finish for so long, then aborts them and gives them back at once. Says
   * which batches have items left for others.
   */
  async stop(drainMs: number): Promise<string[]> {
    this.#isStopping = true;
    const endsAt = Date.now() + drainMs;
    while ((this.#running.size > 0 || this.#isLeasing) && Date.now() < endsAt) await sleep(50);
    for (const { abort } of this.#running.values()) abort.abort();
    const graceEndsAt = Date.now() + ABORT_GRACE_MS;
    const left = new Set([...this.#running.values()].map(({ item }) => item.batchId));
    while ((this.#running.size > 0 || this.#isLeasing) && Date.now() < graceEndsAt) await sleep(20);
    await this.#heartbeat.stop();
    await this.#parts.items.release([...this.#running.values()].map(({ item }) => item));
    return [...left];
  }

  get #freeSlots(): number {
    return this.#parts.concurrency - this.#running.size;
  }

  async #leaseAll(): Promise<void> {
    if (this.#isLeasing) return;
    this.#isLeasing = true;
    try {
      while (this.#freeSlots > 0 && !this.#isStopping) {
        const [batchId] = this.#woken;
        if (batchId === undefined) return;
        // The free slots are shared among the batches that wait, so a long batch does not hold up a short one.
        const share = Math.ceil(this.#freeSlots / this.#woken.size);
        this.#woken.delete(batchId);
        const items = await this.#parts.items.lease(batchId, share);
        if (this.#isStopping) return await this.#parts.items.release(items);
        if (items.length === share) this.#woken.add(batchId);
        for (const item of items) this.#start(item);
      }
    } catch (error) {
      this.#parts.logger.warn(`No items could be leased: ${String(error)}`);
    } finally {
      this.#isLeasing = false;
    }
  }

  #start(item: LeasedItem): void {
    const id = `${item.batchId} ${item.line} ${item.token}`;
    const abort = new AbortController();
    this.#running.set(id, { item, abort });
    void this.#run(item, abort.signal)
      .catch((error: unknown) => this.#parts.logger.warn(`Item ${id} is left to its lease: ${String(error)}`))
      .finally(() => {
        this.#running.delete(id);
        void this.#leaseAll();
      });
  }

  async #run(item: LeasedItem, signal: AbortSignal): Promise<void> {
    const { items, writer } = this.#parts;
    const attempt = item.attempts + 1;
    const outcome = await this.#call(item, attempt, signal);
    if (isSuccess(outcome)) await writer.write(toResult(item, outcome));
    else if (signal.aborted) await items.release([item]);
    else if (outcome.retryable && (attempt < MAX_ATTEMPTS || !outcome.wasTried)) {
      const delayMs = retryDelayMs(attempt, outcome.retryAfterMs, Math.random);
      await items.retryLater(item, delayMs, outcome.wasTried);
    } else await writer.write(toResult(item, outcome));
  }

  async #call(item: LeasedItem, attempt: number, signal: AbortSignal): Promise<ItemOutcome> {
    const { batchId, line, customId, ownerKeyId, endpoint } = item;
    try {
      const body = Buffer.from(item.body);
      return await this.#parts.executeItem({ batchId, line, customId, ownerKeyId, endpoint, body, attempt, signal });
    } catch (error) {
      if (!signal.aborted) this.#parts.logger.error(`Item ${batchId}:${line} failed: ${String(error)}`);
      return defectOutcome(`req_${randomUUID()}`);
    }
  }

  /** Prolongs the leases of all running items; those that are lost or shall stop are aborted. */
  async #renew(): Promise<void> {
    const running = [...this.#running.entries()];
    if (running.length === 0) return;
    const renewed = await this.#parts.items.renew(running.map(([, { item }]) => item));
    const keep = new Set(
      renewed.filter(({ stop }) => !stop).map(({ batchId, line, token }) => `${batchId} ${line} ${token}`),
    );
    for (const [id, { abort }] of running) if (!keep.has(id)) abort.abort();
  }
}
