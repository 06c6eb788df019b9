import type { ErrorBody } from '@parley/contracts';
import { encodeGeminiFailure, messagesDoor } from '@parley/dialects';
import type { FastifyRequest } from 'fastify';
import { isGeminiPath } from '../doors/gemini-path.ts';

type ErrorShape = (body: ErrorBody, status: number) => unknown;

/** The one path that clients of several doors share. */
const MODELS = '/v1/models';

const shapeForAnthropic: ErrorShape = (body, status) => messagesDoor.encodeFailure!(body, status);

/** Whose clients read errors in another shape than OpenAI's, by their paths. */
const SHAPES: readonly (readonly [isTheirs: (request: FastifyRequest) => boolean, shape: ErrorShape])[] = [
  [({ url }) => isGeminiPath(url), encodeGeminiFailure],
  [({ url }) => url.startsWith('/v1/messages'), shapeForAnthropic],
  [(request) => request.url.startsWith(MODELS) && isAnthropicClient(request), shapeForAnthropic],
];

/** Puts an error into the shape that the clients of its path read, whether or not the path leads anywhere. */
export function shapeError(request: FastifyRequest, body: ErrorBody, status: number): unknown {
  const found = SHAPES.find(([isTheirs]) => isTheirs(request));
  return found ? found[1](body, status) : body;
}

/** Anthropic's clients name the version of its API with every request. */
export function isAnthropicClient({ headers }: FastifyRequest): boolean {
  return headers['anthropic-version'] !== undefined;
}
