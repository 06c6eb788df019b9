import type { ErrorBody } from '@parley/contracts';
import { encodeGeminiFailure, messagesDoor } from '@parley/dialects';
import type { FastifyRequest } from 'fastify';
import { isGeminiPath } from '../doors/gemini-path.ts';
import { isAnthropicClient, isGeminiClient } from './foreign-client.ts';

type ErrorShape = (body: ErrorBody, status: number) => unknown;

/** Below these, errors have OpenAI's shape whoever asks. */
const OPENAI_DOORS = /^\/(api|v1\/(chat|responses|embeddings))(\/|\?|$)/;

const shapeForAnthropic: ErrorShape = (body, status) => messagesDoor.encodeFailure!(body, status);

/** Whose clients read errors in another shape than OpenAI's: by the path, or, where it is nobody's alone, by what they send. */
const SHAPES: readonly (readonly [isTheirs: (request: FastifyRequest) => boolean, shape: ErrorShape])[] = [
  [({ url }) => isGeminiPath(url), encodeGeminiFailure],
  [({ url }) => url.startsWith('/v1/messages'), shapeForAnthropic],
  [(request) => !OPENAI_DOORS.test(request.url) && isAnthropicClient(request), shapeForAnthropic],
  [(request) => !OPENAI_DOORS.test(request.url) && isGeminiClient(request), encodeGeminiFailure],
];

/** Puts an error into the shape that the clients of its path read, whether or not the path leads anywhere. */
export function shapeError(request: FastifyRequest, body: ErrorBody, status: number): unknown {
  const found = SHAPES.find(([isTheirs]) => isTheirs(request));
  return found ? found[1](body, status) : body;
}
