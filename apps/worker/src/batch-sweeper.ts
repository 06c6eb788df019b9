import type { Logger } from '@nestjs/common';
import type { ClosingStore, FileStore, ItemStore, ValidationStore } from '@parley/persistence';
import { startLoop, type Loop } from './loop.ts';
import type { BatchTelemetry } from './telemetry/batch-telemetry.ts';

const SWEEP_MS = 1_000;
const EXPIRED_FILES_MS = 60_000;

export type BatchSweeperParts = {
  items: ItemStore;
  validations: ValidationStore;
  closings: ClosingStore;
  files: FileStore;
  /** Called for every batch that waits to be validated; returns at once. */
  validate: (batchId: string) => void;
  /** Called for every batch with items that are due; returns at once. */
  work: (batchId: string) => void;
  telemetry: BatchTelemetry;
  /** Called for every batch that may be ended; never rejects. */
  close: (batchId: string) => Promise<void>;
  logger: Logger;
};

/**
 * Looks in Postgres for everything that has to be done, in every worker, so that no lost wake-up, dead worker or emptied
 * queue stops a batch.
 */
export class BatchSweeper {
  readonly #parts: BatchSweeperParts;
  readonly #loops: Loop[];

  constructor(parts: BatchSweeperParts) {
    this.#parts = parts;
    const { files, items, closings, telemetry, logger } = parts;
    this.#loops = [
      startLoop(SWEEP_MS, () => this.#findWork(), logger),
      startLoop(SWEEP_MS, () => this.#closeBatches(), logger),
      startLoop(SWEEP_MS, () => items.takeBackExpired(), logger),
      startLoop(SWEEP_MS, async () => telemetry.countItems('failed', await closings.failPoisonItems()), logger),
      startLoop(EXPIRED_FILES_MS, () => files.deleteExpired(), logger),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
  }

  async #findWork(): Promise<void> {
    const { items, validations, validate, work } = this.#parts;
    (await validations.listWaiting()).forEach(validate);
    (await items.listWorkable()).forEach(work);
  }

  async #closeBatches(): Promise<void> {
    for (const batchId of await this.#parts.closings.listClosable()) await this.#parts.close(batchId);
  }
}
