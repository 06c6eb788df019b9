import type { Dialect } from '../dialect.ts';
import { decodeFailure } from './failure.ts';
import { encodeRequest } from './request.ts';
import { readCompletion } from './response.ts';
import { ChatStreamDecoder } from './stream.ts';

/** OpenAI's Chat Completions and everybody who speaks it. Source: https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: Dialect = {
  id: 'openai-chat',
  encodeRequest,
  givesOneChoice: (_request, { quirks, upstreamModel }) =>
    quirks?.oneChoice === true || (quirks?.oneChoice?.test(upstreamModel) ?? false),
  decodeResponse: (body, context) => readCompletion(body, context).completion,
  openStreamDecoder: (context) => new ChatStreamDecoder(context),
  decodeFailure,
};
