export * from './dialect.ts';
export * from './sse.ts';
export { anthropicMessages } from './anthropic-messages/index.ts';
