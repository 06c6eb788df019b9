import type { Dialect } from '../dialect.ts';
import { decodeCount, encodeCountRequest } from './count.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

/**
 * Whose whole answers hold several candidates. The later models refuse to be asked for more than one, on streams all do:
 * https://github.com/googleapis/js-genai/issues/1609,
 * https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/content-generation-parameters
 */
const GIVES_SEVERAL = /(?:^|\/)gemini-[12]\.(?!.*image)/;
const MAX_CANDIDATES = 8;

/**
 * Google's `generateContent` and `streamGenerateContent?alt=sse`, as the Gemini API and Vertex AI speak them:
 * https://ai.google.dev/api/generate-content
 */
export const geminiGenerateContent: Dialect = {
  id: 'gemini-generate-content',
  encodeRequest,
  givesOneChoice: ({ n, stream }, { upstreamModel }) =>
    stream === true || (n ?? 1) > MAX_CANDIDATES || !GIVES_SEVERAL.test(upstreamModel),
  decodeResponse,
  openStreamDecoder,
  count: { encodeRequest: encodeCountRequest, decodeResponse: decodeCount },
  decodeFailure,
};
