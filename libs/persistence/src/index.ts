export * from './configuration/types.ts';
export * from './database/data-source.ts';
export * from './database/test-database.ts';
