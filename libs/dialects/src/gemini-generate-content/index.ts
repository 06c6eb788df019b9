import type { Dialect } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

/**
 * Google's `generateContent` and `streamGenerateContent?alt=sse`, as the Gemini API and Vertex AI speak them:
 * https://ai.google.dev/api/generate-content
 */
export const geminiGenerateContent: Dialect = {
  id: 'gemini-generate-content',
  encodeRequest,
  decodeResponse,
  openStreamDecoder,
  decodeFailure,
};
