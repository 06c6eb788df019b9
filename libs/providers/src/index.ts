export * from './answer.ts';
export * from './deployment.ts';
export { AddressNotAllowedError, isPrivateHost } from './http/address-guard.ts';
export { UpstreamPools } from './http/pools.ts';
export * from './invoke.ts';
export type { LiveStream, StreamSink } from './live-stream.ts';
export * from './prices.ts';
export * from './provider.ts';
export * from './registry.ts';
