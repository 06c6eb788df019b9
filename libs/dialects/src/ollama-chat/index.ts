import type { Dialect } from '../dialect.ts';
import { NdjsonReader } from '../ndjson.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { openStreamDecoder } from './stream.ts';

/** Ollama's own `POST /api/chat`: https://docs.ollama.com/api/chat */
export const ollamaChat: Dialect = {
  id: 'ollama-chat',
  encodeRequest,
  givesOneChoice: () => true,
  decodeResponse,
  openStreamDecoder,
  openEventReader: () => new NdjsonReader(),
  decodeFailure,
};
