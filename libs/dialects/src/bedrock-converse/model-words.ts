/**
 * Whose model it is: in Bedrock's ids a part of the name (`anthropic.claude-...`, with an inference profile's region
 * before it: `us.`, `global.`). What one API for all models leaves open is asked for in the words of the maker.
 * Undefined for the ARN of a profile of the caller's own, which does not tell.
 */
export function makerOf(upstreamModel: string): string | undefined {
  const name = upstreamModel.slice(upstreamModel.lastIndexOf('/') + 1);
  return /^(?:(?:[a-z]{2,6}|us-gov)\.)?([a-z][a-z0-9]*)\.[a-z]/.exec(name)?.[1];
}

/** True where it may be Claude. */
export function isClaude(upstreamModel: string): boolean {
  const maker = makerOf(upstreamModel);
  return maker === undefined || maker === 'anthropic';
}

/**
 * Which cache points a model takes; where it takes none, one is an error.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
export function cachePointsOf(upstreamModel: string): { inTools: boolean; inMessages: boolean; forOneHour: boolean } {
  const claude = isClaude(upstreamModel);
  return { inTools: claude, inMessages: claude || /\bamazon\.nova/.test(upstreamModel), forOneHour: claude };
}
