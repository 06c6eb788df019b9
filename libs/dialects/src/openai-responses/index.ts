import type { Dialect } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

/**
 * OpenAI's Responses API and the services that speak it, used without a memory on the provider's side:
 * https://platform.openai.com/docs/api-reference/responses
 */
export const openaiResponses: Dialect = {
  id: 'openai-responses',
  encodeRequest,
  givesOneChoice: () => true,
  decodeResponse,
  openStreamDecoder,
  decodeFailure,
};
