export * from './dialect.ts';
export * from './sse.ts';
