import type { ErrorBody } from '@parley/contracts';
import { encodeGeminiFailure } from '@parley/dialects';
import { isGeminiPath } from '../doors/gemini-path.ts';

type ErrorShape = (body: ErrorBody, status: number) => unknown;

/** Doors whose clients read errors in another shape than OpenAI's, by their paths. */
const SHAPES: readonly (readonly [isPath: (url: string) => boolean, shape: ErrorShape])[] = [
  [isGeminiPath, encodeGeminiFailure],
];

/** Also for what fails before a door was found: its clients know one shape only. */
export function shapeError(url: string, body: ErrorBody, status: number): unknown {
  const found = SHAPES.find(([isPath]) => isPath(url));
  return found ? found[1](body, status) : body;
}
