import type { Door } from '../door.ts';
import { editMembers } from '../json-members.ts';
import { ChatRelay } from './relay.ts';
import { decodeChatRequest, upstreamEdits } from './request.ts';
import { readCompletion } from './response.ts';
import { ChatStreamEncoder } from './stream-encoder.ts';

/** `POST /v1/chat/completions`: the hub itself, so nothing is translated for the client. */
export const chatDoor: Door = {
  dialect: 'openai-chat',
  decodeRequest: decodeChatRequest,
  encodeResponse: (completion) => completion,
  openStreamEncoder: () => new ChatStreamEncoder(),
  encodeStreamFailure: (body) => `data: ${JSON.stringify(body)}\n\n`,
  relay: {
    editRequest(source, target) {
      const edits = new Map<string, string | undefined>();
      for (const [field, value] of upstreamEdits(source.request, target)) edits.set(field, JSON.stringify(value));
      return editMembers(source.bytes, source.members, edits);
    },
    readResponse: readCompletion,
    openStream: (context, options) => new ChatRelay(context, options),
  },
};
