import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  BatchWakeUps,
  ClosingStore,
  FileStore,
  ItemStore,
  ResultStore,
  ValidationStore,
  type StoredResults,
} from '@parley/persistence';
import { DataSource } from 'typeorm';
import { BatchSweeper } from './batch-sweeper.ts';
import { EXECUTION, type BoundedExecution } from './execute-item.ts';
import { BatchRunner } from './items/batch-runner.ts';
import { ResultWriter } from './items/result-writer.ts';
import { BatchTelemetry } from './telemetry/batch-telemetry.ts';
import { BatchValidator } from './validation/batch-validator.ts';

/** Files that one process reads at the same time: a validation keeps a CPU busy. */
const PARALLEL_VALIDATIONS = 2;

/** All that this process does for batches: validating, running and closing them. */
@Injectable()
export class BatchWorker {
  readonly #logger = new Logger('BatchWorker');
  readonly #validator: BatchValidator;
  readonly #runner: BatchRunner;
  readonly #sweeper: BatchSweeper;
  readonly #wakeUps: BatchWakeUps;
  readonly #closings: ClosingStore;
  readonly #telemetry: BatchTelemetry;
  readonly #validating = new Map<string, Promise<void>>();
  #isStopping = false;

  constructor(
    dataSource: DataSource,
    @Inject(EXECUTION) { executeItem, recordUsage, concurrency }: BoundedExecution,
    wakeUps: BatchWakeUps,
    telemetry: BatchTelemetry,
  ) {
    const logger = this.#logger;
    const items = new ItemStore(dataSource);
    const validations = new ValidationStore(dataSource);
    const closings = new ClosingStore(dataSource);
    const files = new FileStore(dataSource);
    const store = new ResultStore(dataSource, recordUsage);
    const writer = new ResultWriter(store, (results) => this.#noteStored(results), logger);
    this.#wakeUps = wakeUps;
    this.#closings = closings;
    this.#telemetry = telemetry;
    this.#validator = new BatchValidator(validations, files);
    this.#runner = new BatchRunner({ items, writer, executeItem, concurrency, logger });
    this.#sweeper = new BatchSweeper({
      items,
      validations,
      closings,
      files,
      validate: (batchId) => void this.validate(batchId),
      work: (batchId) => this.work(batchId),
      close: (batchId) => this.#close(batchId),
      telemetry,
      logger,
    });
  }

  /** Items that run in this process now. */
  get runningItems(): number {
    return this.#runner.runningItems;
  }

  /** Reads the batch's file unless this or another process does already. Resolves when done; a failure is only logged. */
  validate(batchId: string): Promise<void> {
    const running = this.#validating.get(batchId);
    if (running) return running;
    if (this.#isStopping || this.#validating.size >= PARALLEL_VALIDATIONS) return Promise.resolve();
    const validation = this.#validate(batchId)
      .catch((error: unknown) => this.#logger.warn(`${batchId} is validated again later: ${String(error)}`))
      .finally(() => this.#validating.delete(batchId));
    this.#validating.set(batchId, validation);
    return validation;
  }

  /** Runs what is due of the batch, in the background. */
  work(batchId: string): void {
    this.#runner.wake(batchId);
  }

  /** Takes up nothing new, gives what runs so long to finish, and hands the rest to other workers at once. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true;
    await this.#sweeper.stop();
    for (const batchId of await this.#runner.stop(drainMs)) this.#wakeUps.send('work', batchId);
  }

  #noteStored({ stored, finishedBatchIds }: StoredResults): void {
    const completed = stored.filter(({ ok }) => ok).length;
    this.#telemetry.countItems('completed', completed);
    this.#telemetry.countItems('failed', stored.length - completed);
    for (const batchId of finishedBatchIds) void this.#close(batchId);
  }

  /** Another try is sure to come, so a failure is only logged. */
  async #close(batchId: string): Promise<void> {
    try {
      const closed = await this.#closings.close(batchId);
      if (closed) this.#telemetry.noteClosed(closed);
    } catch (error) {
      this.#logger.warn(`${batchId} is closed later: ${String(error)}`);
    }
  }

  async #validate(batchId: string): Promise<void> {
    const verdict = await this.#validator.validate(batchId);
    if (verdict !== 'accepted') return;
    this.work(batchId);
    this.#wakeUps.send('work', batchId);
  }
}
