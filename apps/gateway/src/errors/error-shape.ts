import type { ErrorBody } from '@parley/contracts';
import { encodeGeminiFailure } from '@parley/dialects';

type ErrorShape = (body: ErrorBody, status: number) => unknown;

/** Doors whose clients read errors in another shape than OpenAI's, by the beginning of their paths. */
const SHAPES: readonly (readonly [prefix: string, shape: ErrorShape])[] = [['/v1beta/', encodeGeminiFailure]];

/** Also for what fails before a door was found: its clients know one shape only. */
export function shapeError(url: string, body: ErrorBody, status: number): unknown {
  const found = SHAPES.find(([prefix]) => url.startsWith(prefix));
  return found ? found[1](body, status) : body;
}
