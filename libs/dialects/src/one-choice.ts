import type { ChatRequest } from '@parley/contracts';
import type { Door, SourceRequest } from './door.ts';
import { findMembers } from './json-members.ts';

/**
 * What is asked in one of the calls that together give `n` choices; `index`: which of them, counted from 0. `relay`: of the
 * door, where the client's bytes go up.
 */
export function oneChoiceOf(source: SourceRequest, index: number, relay?: Door['relay']): SourceRequest {
  const { n: _n, ...request } = source.request;
  const seed = seedOf(source.request, index);
  if (seed !== undefined) request.seed = seed;
  const bytes = relay?.asOneChoice?.(source, request);
  return bytes ? { ...source, request, bytes, members: findMembers(bytes) } : { ...source, request };
}

/**
 * The same seed in every call would give the same answer n times. Seeds go towards zero from where the caller's is, since
 * every vendor has its own limits; undefined: it stays as it is.
 */
function seedOf({ seed, n }: ChatRequest, index: number): number | undefined {
  if (seed == null || index === 0 || !Number.isSafeInteger(seed)) return undefined;
  return seed >= (n ?? 1) ? seed - index : seed + index;
}
