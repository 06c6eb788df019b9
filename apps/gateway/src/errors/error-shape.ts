import type { ErrorBody } from '@parley/contracts';
import { messagesDoor, type Door } from '@parley/dialects';
import type { FastifyRequest } from 'fastify';

/** Paths whose errors have the shape of a door; those of all others have OpenAI's. */
const SHAPES: readonly [prefix: string, door: Door][] = [['/v1/messages', messagesDoor]];

/** Puts an error into the shape that the clients of its path read, whether or not the path leads anywhere. */
export function shapeError({ url }: FastifyRequest, body: ErrorBody, status: number): unknown {
  const door = SHAPES.find(([prefix]) => url.startsWith(prefix))?.[1];
  return door?.encodeFailure?.(body, status) ?? body;
}
