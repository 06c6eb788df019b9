import type { DataSource } from 'typeorm';
import type { Execution } from './execute-item.ts';

/** Binds batch items to the inference room. */
export async function createInferenceExecution(_dataSource: DataSource): Promise<Execution> {
  throw new Error('The inference room is not bound to the worker.');
}
