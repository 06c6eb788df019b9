import type { Dialect } from '../dialect.ts';
import { openEventReader } from './event-reader.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

/** Amazon Bedrock's Converse: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export const bedrockConverse: Dialect = {
  id: 'bedrock-converse',
  encodeRequest,
  givesOneChoice: () => true,
  decodeResponse,
  openStreamDecoder,
  openEventReader,
  decodeFailure,
};
