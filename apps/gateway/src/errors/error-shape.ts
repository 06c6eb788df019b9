import type { ErrorBody } from '@parley/contracts';
import { messagesDoor, type Door } from '@parley/dialects';
import type { FastifyRequest } from 'fastify';

/** Paths whose errors have the shape of a door; those of all others have OpenAI's. */
const SHAPES: readonly [prefix: string, door: Door][] = [['/v1/messages', messagesDoor]];

/** The one path that clients of several doors share. */
const MODELS = '/v1/models';

/** Puts an error into the shape that the clients of its path read, whether or not the path leads anywhere. */
export function shapeError(request: FastifyRequest, body: ErrorBody, status: number): unknown {
  return doorOf(request)?.encodeFailure?.(body, status) ?? body;
}

/** Anthropic's clients name the version of its API with every request. */
export function isAnthropicClient({ headers }: FastifyRequest): boolean {
  return headers['anthropic-version'] !== undefined;
}

function doorOf(request: FastifyRequest): Door | undefined {
  const { url } = request;
  if (url.startsWith(MODELS) && isAnthropicClient(request)) return messagesDoor;
  return SHAPES.find(([prefix]) => url.startsWith(prefix))?.[1];
}
