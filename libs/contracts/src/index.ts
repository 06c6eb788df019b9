export * from './batches.ts';
export * from './chat.ts';
export * from './environment.ts';
export * from './errors.ts';
export * from './jobs.ts';
export * from './management.ts';
export * from './models.ts';
