import type { Dialect } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

/** Cohere's `POST /v2/chat`: https://docs.cohere.com/reference/chat */
export const cohereChat: Dialect = {
  id: 'cohere-chat',
  encodeRequest,
  givesOneChoice: () => true,
  decodeResponse,
  openStreamDecoder,
  decodeFailure,
};
