import type { Dialect } from '../dialect.ts';
import { decodeCount, encodeCountRequest } from './count.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

/** Anthropic's Messages API and the services that speak it: https://docs.claude.com/en/api/messages */
export const anthropicMessages: Dialect = {
  id: 'anthropic-messages',
  encodeRequest,
  givesOneChoice: () => true,
  decodeResponse,
  openStreamDecoder,
  count: { encodeRequest: encodeCountRequest, decodeResponse: decodeCount },
  decodeFailure,
};
